using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Tells the observers what has been stored, one trial at a time on a task of its own, and records which finished trials they know of.</summary>
internal sealed class TrialDispatcher : IAsyncDisposable
{
    private const int Capacity = 1_024;
    private const int MarkBatch = 256;

    private readonly IReadOnlyList<ITrialObserver> _observers;
    private readonly TuningStore _store;
    private readonly TuningTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Delivery> _channel = Channel.CreateBounded<Delivery>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ConcurrentDictionary<(long Study, int Number), byte> _inFlight = [];
    private readonly Dictionary<long, List<int>> _toMark = [];
    private readonly Task _delivering;
    private int _toPutOff;

    public TrialDispatcher(
        IReadOnlyList<ITrialObserver> observers, TuningStore store, TuningTelemetry telemetry, ILogger logger, TimeSpan timeout, TimeProvider time)
    {
        _timeout = timeout;
        _time = time;
        _observers = observers;
        _store = store;
        _telemetry = telemetry;
        _logger = logger;
        _delivering = observers.Count > 0 ? Task.Run(DeliverAllAsync) : Task.CompletedTask;
    }

    public bool HasObservers => _observers.Count > 0;

    /// <summary>Waits while the queue is full, which every call's timeout bounds. After disposal a trial stays unobserved in the store, until its study is optimised next.</summary>
    public async ValueTask FinishedAsync(StudyRow study, TrialRecord trial, CancellationToken cancellationToken)
    {
        if (!HasObservers)
        {
            return;
        }

        _inFlight.TryAdd((study.Id, trial.Number), 0);
        try
        {
            await _channel.Writer.WriteAsync(new Delivery(study, trial), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            _inFlight.TryRemove((study.Id, trial.Number), out _);
        }
    }

    /// <summary>Delivers finished trials that no observer has been told of: a process ended between storing and telling.</summary>
    public async Task RedeliverAsync(StudyRow study, CancellationToken cancellationToken)
    {
        if (!HasObservers)
        {
            return;
        }

        long after = 0;
        while (true)
        {
            List<TrialRecord> missed = await _store.ReadUnobservedAsync(study, after, cancellationToken).ConfigureAwait(false);
            if (missed.Count == 0)
            {
                return;
            }

            foreach (TrialRecord trial in missed.Where(trial => !_inFlight.ContainsKey((study.Id, trial.Number))))
            {
                await FinishedAsync(study, trial, cancellationToken).ConfigureAwait(false);
            }

            after = missed[^1].FinishSequence;
        }
    }

    /// <summary>Completes when everything posted before has been delivered and recorded, or put off.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        if (!HasObservers)
        {
            return;
        }

        var drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _channel.Writer.WriteAsync(new Delivery(drained), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException closed)
        {
            throw new ObjectDisposedException($"Waiting for observers: {nameof(Studies)} is disposed; they are told of what they missed when the study is optimised next.", closed);
        }

        await drained.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for what is queued, but no longer than one call may take.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        try
        {
            await _delivering.WaitAsync(_timeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            await _delivering.ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private async Task DeliverAllAsync()
    {
        await foreach (Delivery delivery in _channel.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            bool putOff = _toPutOff > 0;
            _toPutOff -= putOff ? 1 : 0;
            if (delivery.Drained is { } drained)
            {
                await MarkAsync().ConfigureAwait(false);
                drained.TrySetResult();
                continue;
            }

            bool delivered = !putOff && await DeliverAsync(delivery.Trial!).ConfigureAwait(false);
            await FinishAsync(delivery.Study!, delivery.Trial!.Number, delivered).ConfigureAwait(false);
        }

        await MarkAsync().ConfigureAwait(false);
    }

    private async Task<bool> DeliverAsync(TrialRecord trial)
    {
        bool delivered = true;
        foreach (ITrialObserver observer in _observers)
        {
            // On a thread of its own, because an observer may also hang before its first await.
            var limit = new CancellationTokenSource();
            Task call = Task.Run(() => observer.OnFinishedAsync(trial, limit.Token).AsTask(), CancellationToken.None);
            try
            {
                await call.WaitAsync(_timeout, _time, _stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                delivered = false;
                _telemetry.ObserverFailed();
                _logger.ObserverFailed(observer.GetType().Name, trial.Study, trial.Number, exception);
                if (!call.IsCompleted)
                {
                    // Not awaited: what the observer does on cancellation may hang as well.
                    _ = limit.CancelAsync();
                    PutOffQueue();
                }
            }
        }

        return delivered;
    }

    /// <summary>Whoever hangs once would make everybody wait its timeout per trial: what is queued now stays unobserved in the store.</summary>
    private void PutOffQueue()
    {
        _toPutOff = _channel.Reader.Count;
        if (_toPutOff > 0)
        {
            _logger.ObserversPutOff();
        }
    }

    private async Task FinishAsync(StudyRow study, int number, bool delivered)
    {
        if (!delivered)
        {
            // It stays unmarked and is delivered again when the study is optimised next.
            _inFlight.TryRemove((study.Id, number), out _);
            return;
        }

        if (!_toMark.TryGetValue(study.Id, out List<int>? numbers))
        {
            _toMark.Add(study.Id, numbers = []);
        }

        numbers.Add(number);
        if (numbers.Count >= MarkBatch)
        {
            await MarkAsync().ConfigureAwait(false);
        }
    }

    private async Task MarkAsync()
    {
        foreach ((long study, List<int> numbers) in _toMark)
        {
            try
            {
                await _store.MarkObservedAsync(study, numbers, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
            {
                _logger.ObservedMarkFailed(exception);
            }

            numbers.ForEach(number => _inFlight.TryRemove((study, number), out _));
        }

        _toMark.Clear();
    }

    /// <summary>A finished trial of a study, or a mark: everything before it has been delivered.</summary>
    private sealed class Delivery
    {
        public Delivery(StudyRow study, TrialRecord trial) => (Study, Trial) = (study, trial);

        public Delivery(TaskCompletionSource drained) => Drained = drained;

        public StudyRow? Study { get; }

        public TrialRecord? Trial { get; }

        public TaskCompletionSource? Drained { get; }
    }
}
