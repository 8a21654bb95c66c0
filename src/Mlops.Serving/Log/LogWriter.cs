using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Mlops.Serving;

/// <summary>Brings what was taken in to the store, in the background, one batch at a time. Thread-safe.</summary>
internal sealed class LogWriter : IThreadPoolWorkItem, IAsyncDisposable, IDisposable
{
    private const int BatchRows = 512;
    private const int SweepRows = 1_000;
    private const int MaximumSweeps = 20;
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly PredictionLogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogRing _predictions;
    private readonly Channel<PredictionOutcome> _outcomes;
    private readonly List<PredictionOutcome> _outcomesUnderWay = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly LogInstruments _instruments;
    private readonly ITimer _timer;
    private readonly int _enough;   // to be stored before the interval is over
    private long _outcomesKept;
    private long _outcomesDropped;
    private long _outcomesStored;
    private long _failures;
    private long _nextSweep;
    private volatile bool _isFailing;
    private int _isDisposed;

    public LogWriter(PredictionLogOptions options, int maximumFeatures, IPredictionLogStore store, TimeProvider time, ILogger logger, IMeterFactory? meters)
    {
        _options = options;
        _time = time;
        _logger = logger;
        Store = store;
        _enough = Math.Min(BatchRows, options.Capacity / 2);
        _predictions = new LogRing(options.Capacity, maximumFeatures, options.MaximumOutputs);
        _outcomes = Channel.CreateBounded<PredictionOutcome>(new BoundedChannelOptions(options.Capacity) { SingleReader = true });
        _instruments = new LogInstruments(meters, () => Counts);
        _timer = time.CreateTimer(static writer => ((LogWriter)writer!).Execute(), this, options.FlushInterval, options.FlushInterval);
    }

    public IPredictionLogStore Store { get; }

    public PredictionLogCounts Counts
    {
        get
        {
            (long kept, long taken, long dropped) = _predictions.Counts;
            return new PredictionLogCounts
            {
                Kept = kept,
                Stored = taken,
                Dropped = dropped,
                OutcomesStored = Interlocked.Read(ref _outcomesStored),
                OutcomesKept = Interlocked.Read(ref _outcomesKept),
                OutcomesDropped = Interlocked.Read(ref _outcomesDropped),
                Failures = Interlocked.Read(ref _failures),
            };
        }
    }

    public void Add(in PredictionRecord record, LogColumns? columns)
    {
        // A store that fails is tried again by the timer alone.
        if (_predictions.Add(in record, columns) is > 0 and var waiting && waiting % _enough == 0 && !_isFailing)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Add(in PredictionOutcome outcome) => Interlocked.Increment(ref _outcomes.Writer.TryWrite(outcome) ? ref _outcomesKept : ref _outcomesDropped);

    /// <summary>Takes an outcome in as soon as there is room for it, within <see cref="PredictionLogOptions.OutcomeTimeout"/>.</summary>
    /// <returns>Whether it was taken in; otherwise it is counted as dropped.</returns>
    public async ValueTask<bool> AddAsync(PredictionOutcome outcome, CancellationToken cancellationToken)
    {
        bool isIn = _outcomes.Writer.TryWrite(outcome);
        if (!isIn)
        {
            if (!_isFailing)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            using var limit = new CancellationTokenSource(_options.OutcomeTimeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                while (!isIn && await _outcomes.Writer.WaitToWriteAsync(either.Token).ConfigureAwait(false))
                    isIn = _outcomes.Writer.TryWrite(outcome);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It had its time.
            }
        }

        Interlocked.Increment(ref isIn ? ref _outcomesKept : ref _outcomesDropped);
        return isIn;
    }

    /// <summary>Stores in the background what waits, unless that is being done.</summary>
    public void Execute()
    {
        if (Volatile.Read(ref _isDisposed) == 0 && _writing.Wait(0))
            _ = WriteInBackgroundAsync();
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, typeof(PredictionLog));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await _writing.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                await WriteAsync(either.Token).ConfigureAwait(false);
            }
            finally
            {
                EndWriting();
            }
        }
        catch (OperationCanceledException exception) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException("The prediction log was disposed of before its store had answered.", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        Close();
        using var limit = new CancellationTokenSource(_options.DrainTimeout, _time);
        try
        {
            await _writing.WaitAsync(limit.Token).ConfigureAwait(false);
            try
            {
                await WriteAsync(limit.Token).ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();   // a flush may wait
            }
        }
        catch (Exception exception)
        {
            ServingLog.PredictionLogBroke(_logger, exception);
        }

        Leave();
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        Close();
        Leave();
    }

    private void Close()
    {
        _timer.Dispose();
        _predictions.Close();
        _outcomes.Writer.TryComplete();
    }

    private void Leave()
    {
        _stopping.Cancel();
        PredictionLogCounts counts = Counts;
        if (counts.Waiting + counts.OutcomesKept - counts.OutcomesStored is > 0 and var lost)
            ServingLog.PredictionsLost(_logger, lost);
        _instruments.Dispose();
    }

    private async Task WriteInBackgroundAsync()
    {
        try
        {
            await WriteAsync(_stopping.Token).ConfigureAwait(false);
            await SweepAsync(_stopping.Token).ConfigureAwait(false);
            if (_isFailing)
                ServingLog.PredictionLogRecovered(_logger);
            _isFailing = false;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
        catch (Exception exception)
        {
            if (!_isFailing)
                ServingLog.PredictionLogFailed(_logger, exception);
            _isFailing = true;
        }
        finally
        {
            EndWriting();
        }
    }

    /// <summary>Lets the next one write. Who asked for it while this one wrote was not heard, so that what has come meanwhile is looked at again.</summary>
    private void EndWriting()
    {
        _writing.Release();
        (long kept, long taken, long _) = _predictions.Counts;
        if (!_isFailing && (kept - taken >= _enough || _outcomes.Reader.Count >= _enough))
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Stores what waits at its call: predictions first, so that an outcome finds its own.</summary>
    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        int outcomes = _outcomes.Reader.Count + _outcomesUnderWay.Count;
        (long kept, long taken, long _) = _predictions.Counts;
        for (long left = kept - taken; left > 0; left -= BatchRows)
        {
            int count = (int)Math.Min(left, BatchRows);
            await StoreAsync(Take(count), [], cancellationToken).ConfigureAwait(false);
            _predictions.Remove(count);
        }

        while (outcomes > 0)
        {
            while (_outcomesUnderWay.Count < Math.Min(outcomes, BatchRows) && _outcomes.Reader.TryRead(out PredictionOutcome outcome))
                _outcomesUnderWay.Add(outcome);
            await StoreAsync([], _outcomesUnderWay, cancellationToken).ConfigureAwait(false);
            Interlocked.Add(ref _outcomesStored, _outcomesUnderWay.Count);
            outcomes -= _outcomesUnderWay.Count;
            _outcomesUnderWay.Clear();
        }
    }

    private async Task StoreAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken)
    {
        try
        {
            await Store.WriteAsync(predictions, outcomes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            Interlocked.Increment(ref _failures);
            throw;
        }
    }

    private List<LoggedPrediction> Take(int count)
    {
        var predictions = new List<LoggedPrediction>(count);
        _predictions.Read(count, (in entry, features, outputs) => predictions.Add(new LoggedPrediction
        {
            Model = entry.Model,
            Id = entry.Id,
            Row = entry.Row,
            Version = entry.Version.Number,
            VersionDigest = entry.Version.Digest,
            Variant = entry.Variant,
            Propensity = entry.Propensity,
            Timestamp = new DateTimeOffset(entry.UtcTicks - (entry.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero),
            Duration = entry.Duration,
            QueueTime = entry.QueueTime,
            ComputeTime = entry.ComputeTime,
            RoutingKeyHash = entry.RoutingKey is { } key && _options.RoutingKeySecret is { } secret ? PredictionLog.HashOf(key, secret) : null,
            FeatureNames = entry.Columns?.Names ?? [],
            Features = features.ToArray(),
            Outputs = outputs.ToArray(),
            OutputLength = entry.OutputLength,
        }));
        return predictions;
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (_options.Retention is not { } retention || now.UtcTicks < _nextSweep)
            return;

        for (int i = 0; i < MaximumSweeps; i++)
        {
            if (await Store.DeleteBeforeAsync(now - retention, SweepRows, cancellationToken).ConfigureAwait(false) >= SweepRows)
                continue;

            _nextSweep = (now + SweepInterval).UtcTicks;
            return;
        }

        // More is left: the next flush goes on, so that what comes is never faster than what goes.
    }
}
