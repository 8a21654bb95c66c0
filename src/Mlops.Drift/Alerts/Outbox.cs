using System.Diagnostics.CodeAnalysis;
using Mlops.Webhooks;

namespace Mlops.Drift;

/// <summary>
/// Events that wait for observers, oldest first. Each observer has a place of its own: one that fails keeps it and is due again after a
/// growing wait, so that it hears of everything in order and holds up nobody else. Thread-safe.
/// </summary>
/// <param name="timeProvider">The clock of waits and ages.</param>
/// <param name="giveUp">Hears of an event that an observer will never take.</param>
internal sealed class Outbox<TEvent>(TimeProvider timeProvider, Action<IDriftObserver, TEvent> giveUp)
{
    /// <summary>Events that wait at most; beyond, the oldest is given up.</summary>
    public const int Capacity = 256;

    private readonly Lock _gate = new();
    private readonly List<(TEvent Event, long Since)> _events = [];
    private readonly List<OutboxPlace> _places = [];
    private long _first;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _events.Count == 0;
        }
    }

    /// <summary>A place for an observer, before everything that waits.</summary>
    public OutboxPlace AddObserver(IDriftObserver observer)
    {
        OutboxPlace place = new(observer, timeProvider);
        lock (_gate)
            _places.Add(place);
        return place;
    }

    public void Add(TEvent happened)
    {
        List<OutboxPlace> losers = [];
        TEvent? lost = default;
        lock (_gate)
        {
            if (_events.Count == Capacity)
            {
                losers.AddRange(_places.Where(place => place.Next <= _first));
                lost = _events[0].Event;
                _events.RemoveAt(0);
                _first++;
            }

            _events.Add((happened, timeProvider.GetTimestamp()));
        }

        foreach (OutboxPlace place in losers)
            giveUp(place.Observer, lost!);
    }

    /// <summary>What some observer still lacks, oldest first.</summary>
    public TEvent[] ToArray()
    {
        lock (_gate)
            return [.. _events.Select(static waiting => waiting.Event)];
    }

    /// <summary>Forgets what waits; every observer hears of <paramref name="events"/> instead.</summary>
    public void Replace(IEnumerable<TEvent> events)
    {
        long now = timeProvider.GetTimestamp();
        lock (_gate)
        {
            _first += _events.Count;
            _events.Clear();
            _events.AddRange(events.Select(happened => (happened, now)));
        }
    }

    /// <summary>The next event for an observer, unless it has everything or has to wait after a failure.</summary>
    /// <param name="place">The observer's place.</param>
    /// <param name="mayHurry">Whether it need not wait.</param>
    /// <param name="happened">The event.</param>
    /// <param name="number">Names the event to <see cref="Take"/> and <see cref="Fail"/>.</param>
    public bool TryPeek(OutboxPlace place, bool mayHurry, [MaybeNullWhen(false)] out TEvent happened, out long number)
    {
        lock (_gate)
        {
            number = Math.Max(place.Next, _first);
            bool any = number < _first + _events.Count && (mayHurry || !place.IsWaiting);
            happened = any ? _events[(int)(number - _first)].Event : default;
            return any;
        }
    }

    /// <summary>The observer has taken the event.</summary>
    public void Take(OutboxPlace place, long number)
    {
        lock (_gate)
            place.Pass(number + 1);
    }

    /// <summary>The observer has not taken the event: gives it up for good when it was refused, or when it and those after it have grown too old.</summary>
    public void Fail(OutboxPlace place, long number, Exception failure)
    {
        List<TEvent> lost = [];
        lock (_gate)
        {
            // What was replaced meanwhile is gone; that the observer fails holds for what came instead.
            int index = (int)(Math.Max(number, _first) - _first);
            if (failure is WebhookException { IsTransient: false })
            {
                if (number >= _first)
                    lost.Add(_events[index].Event);
                place.Pass(number + 1);
            }
            else
            {
                place.Fail((failure as WebhookException)?.RetryAfter);
                for (; index < _events.Count && timeProvider.GetElapsedTime(_events[index].Since) >= OutboxPlace.LongestWait; index++)
                {
                    lost.Add(_events[index].Event);
                    place.Next = _first + index + 1;
                }
            }
        }

        foreach (TEvent happened in lost)
            giveUp(place.Observer, happened);
    }

    /// <summary>Drops what every observer has taken.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            long end = _first + _events.Count;
            int taken = (int)(Math.Clamp(_places.Select(static place => place.Next).DefaultIfEmpty(end).Min(), _first, end) - _first);
            _events.RemoveRange(0, taken);
            _first += taken;
        }
    }
}
