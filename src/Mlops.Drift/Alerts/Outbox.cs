using System.Diagnostics.CodeAnalysis;

namespace Mlops.Drift;

/// <summary>
/// Events that wait for observers, oldest first. Each observer has a place of its own: one that fails keeps it and is called again at the
/// next delivery, so that it hears of everything in order and holds up nobody else. Thread-safe; deliveries come one at a time.
/// </summary>
/// <param name="maximumAttempts">Calls of one observer with one event, after which it goes on to the next.</param>
/// <param name="giveUp">Hears of an event that an observer will never take.</param>
internal sealed class Outbox<TEvent>(int maximumAttempts, Action<IDriftObserver, TEvent> giveUp)
{
    /// <summary>Events that wait at most; beyond, the oldest is given up.</summary>
    public const int Capacity = 256;

    private readonly Lock _gate = new();
    private readonly List<TEvent> _events = [];
    private readonly List<Place> _places = [];
    private long _first;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _events.Count == 0;
        }
    }

    public void AddObserver(IDriftObserver observer)
    {
        lock (_gate)
            _places.Add(new Place(observer));
    }

    public void Add(TEvent happened)
    {
        List<Place> losers = [];
        TEvent? lost = default;
        lock (_gate)
        {
            if (_events.Count == Capacity)
            {
                losers.AddRange(_places.Where(place => place.Next <= _first));
                lost = _events[0];
                _events.RemoveAt(0);
                _first++;
            }

            _events.Add(happened);
        }

        foreach (Place place in losers)
            giveUp(place.Observer, lost!);
    }

    /// <summary>What some observer still lacks, oldest first.</summary>
    public TEvent[] ToArray()
    {
        lock (_gate)
            return [.. _events];
    }

    /// <summary>Forgets what waits; every observer hears of <paramref name="events"/> instead.</summary>
    public void Replace(IEnumerable<TEvent> events)
    {
        lock (_gate)
        {
            _first += _events.Count;
            _events.Clear();
            _events.AddRange(events);
        }
    }

    /// <summary>Calls each observer with what it lacks, in turns, until it has everything or fails.</summary>
    /// <param name="tell">True when the observer has taken the event. An exception ends the delivery and leaves the event with its observer.</param>
    public async ValueTask DeliverAsync(Func<IDriftObserver, TEvent, ValueTask<bool>> tell)
    {
        try
        {
            List<Place> turn = Places();
            while (turn.Count > 0)
            {
                List<Place> next = [];
                foreach (Place place in turn)
                {
                    if (TryPeek(place, out TEvent? happened, out long number)
                        && (await tell(place.Observer, happened).ConfigureAwait(false) || IsGivenUp(place, happened, number)))
                    {
                        place.Next = number + 1;
                        next.Add(place);
                    }
                }

                turn = next;
            }
        }
        finally
        {
            Trim();
        }
    }

    private List<Place> Places()
    {
        lock (_gate)
            return [.. _places];
    }

    private bool TryPeek(Place place, [MaybeNullWhen(false)] out TEvent happened, out long number)
    {
        lock (_gate)
        {
            number = Math.Max(place.Next, _first);
            bool any = number < _first + _events.Count;
            happened = any ? _events[(int)(number - _first)] : default;
            return any;
        }
    }

    private bool IsGivenUp(Place place, TEvent happened, long number)
    {
        (place.Failed, place.Attempts) = (number, place.Failed == number ? place.Attempts + 1 : 1);
        if (place.Attempts < maximumAttempts)
            return false;
        giveUp(place.Observer, happened);
        return true;
    }

    private void Trim()
    {
        lock (_gate)
        {
            long end = _first + _events.Count;
            int taken = (int)(Math.Clamp(_places.Select(static place => place.Next).DefaultIfEmpty(end).Min(), _first, end) - _first);
            _events.RemoveRange(0, taken);
            _first += taken;
        }
    }

    private sealed class Place(IDriftObserver observer)
    {
        public IDriftObserver Observer => observer;

        /// <summary>The number of the next event to tell; what is no longer there counts as told.</summary>
        public long Next { get; set; }

        /// <summary>The number of the event whose calls are counted.</summary>
        public long Failed { get; set; } = -1;

        public int Attempts { get; set; }
    }
}
