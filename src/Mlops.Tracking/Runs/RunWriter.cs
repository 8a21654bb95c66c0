using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The bounded buffer of one handle and the loop that writes it. At most one write is on its way; what is logged meanwhile becomes the
/// next one, so that many callers share a transaction.
/// </summary>
internal sealed partial class RunWriter : IDisposable
{
    // Parameters and tags are few and matter most: metrics that fill the buffer leave them this room.
    private const int Reserve = 1_024;

    private readonly Lock _gate = new();
    private readonly TrackingEnvironment _environment;
    private readonly long _run;
    private readonly string _runId;
    private readonly Timer _timer;
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private readonly BlockEncoder _encoder = new();
    private readonly RunAppender _appender;
    private PendingItems _pending = new();
    private Task _writing = Task.CompletedTask;
    private Task _packing = Task.CompletedTask;
    private bool _isWriting;
    private bool _timerIsSet;
    private bool _isFailing;
    private long _unpackedBlocks;
    private long _dropped;
    private Exception? _failure;
    private (RunStatus Status, long Time)? _end;

    public RunWriter(TrackingEnvironment environment, RunRow run)
    {
        _environment = environment;
        _run = run.Key;
        _runId = run.Id;
        _appender = new RunAppender(environment, run, _encoder, _gate);
        _timer = new Timer(static state => ((RunWriter)state!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
    }

    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Items that wait to be written.</summary>
    public int Pending
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>Takes a point without waiting; drops it when the buffer is full.</summary>
    /// <exception cref="RunEndedException">The end of the run has been taken.</exception>
    public void Add(in Metric metric)
    {
        bool isFirstDrop;
        lock (_gate)
        {
            RequireOpen();
            int series = _encoder.SeriesOf(metric.Key);
            if (_pending.Count < _environment.Options.BufferCapacity)
            {
                _pending.Add(PointOf(series, metric, now: null));
                WriteSoon();
                return;
            }

            isFirstDrop = Drop();
        }

        ReportDrop(isFirstDrop);
    }

    /// <summary>Takes a parameter (set once) or a tag (the last value counts) without waiting.</summary>
    public void Add(string key, string value, bool isParameter)
    {
        bool isFirstDrop;
        lock (_gate)
        {
            RequireOpen();
            if (_pending.Count < _environment.Options.BufferCapacity + Reserve)
            {
                if (isParameter)
                {
                    _pending.AddParameter(key, value);
                }
                else
                {
                    _pending.SetTag(key, value);
                }

                WriteSoon();
                return;
            }

            isFirstDrop = Drop();
        }

        ReportDrop(isFirstDrop);
    }

    /// <summary>Waits for room, takes the whole batch, and completes when it is stored.</summary>
    /// <exception cref="ArgumentException">A key is not one; nothing was taken.</exception>
    public Task WriteAsync(IReadOnlyList<Metric> metrics, CancellationToken cancellationToken)
    {
        PendingPoint[] points = new PendingPoint[metrics.Count];
        PendingItems? items;
        Task? room;
        lock (_gate)
        {
            long now = _environment.Now;
            for (int i = 0; i < points.Length; i++)
            {
                Metric metric = metrics[i];
                points[i] = PointOf(_encoder.SeriesOf(metric.Key), metric, now);
            }

            if (!TryTake(points, out items, out room))
            {
                return WriteAsync(points, room, cancellationToken);
            }
        }

        return WrittenAsync(items);
    }

    /// <summary>Completes when everything taken so far is stored.</summary>
    /// <exception cref="Exception">What has gone wrong since the last call.</exception>
    public async Task FlushAsync()
    {
        await DrainAsync().ConfigureAwait(false);
        Exception? failure;
        lock (_gate)
        {
            failure = _failure;
            _failure = null;
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Completes when everything taken so far is stored or lost; a flush says which.</summary>
    public async Task DrainAsync()
    {
        Task written;
        lock (_gate)
        {
            written = _pending.HasWork ? _pending.Written : _writing;
            _pending.IsAwaited = _pending.HasWork;
            WriteNow();
        }

        await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Writes what is left together with the end of the run, and packs its metrics.</summary>
    public async Task EndAsync(RunStatus status, long time)
    {
        lock (_gate)
        {
            _end = (status, time);
        }

        await _appender.StoreEnvironmentAsync().ConfigureAwait(false);

        lock (_gate)
        {
            _pending.End = _end;
        }

        try
        {
            await FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            await _packing.ConfigureAwait(false);
            if (_unpackedBlocks >= Packing.BlocksLeftUnpacked)
            {
                await PackAsync().ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    // The clock is read under the gate, so that points are taken in the order of their times and the store need not look whether it has them.
    private PendingPoint PointOf(int series, in Metric metric, long? now) =>
        new(series, Sample.Of(metric.Step, metric.Time is { } given ? UnixMicroseconds.From(given) : now ?? _environment.Now, metric.Value));

    private async Task WriteAsync(PendingPoint[] points, Task first, CancellationToken cancellationToken)
    {
        Task? room = first;
        PendingItems? items;
        do
        {
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        while (!TryTake(points, out items, out room));

        await WrittenAsync(items).ConfigureAwait(false);
    }

    private async Task WrittenAsync(PendingItems items)
    {
        try
        {
            await items.Written.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                // Told here: a later flush need not repeat it, unless it is also the loss of what nobody awaited.
                _failure = ReferenceEquals(_failure, exception) && !items.HasUnawaited ? null : _failure;
            }

            throw;
        }
    }

    private bool TryTake(PendingPoint[] points, [NotNullWhen(true)] out PendingItems? items, [NotNullWhen(false)] out Task? room)
    {
        lock (_gate)
        {
            RequireOpen();
            _pending.IsAwaited = true;

            // A batch larger than the buffer is taken once the buffer is half empty, or it would wait for ever.
            int capacity = _environment.Options.BufferCapacity;
            if (_waiters.Count == 0 && (_pending.Count <= capacity / 2 || _pending.Count + points.Length <= capacity))
            {
                items = _pending;
                items.Points.AddRange(points);
                WriteNow();
                room = null;
                return true;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter);
            WriteNow();
            room = waiter.Task;
            items = null;
            return false;
        }
    }

    private void RequireOpen()
    {
        if (_end is { } end)
        {
            throw new RunEndedException(_runId, end.Status);
        }
    }

    private bool Drop() => _dropped++ == 0;

    private void ReportDrop(bool isFirst)
    {
        _environment.Telemetry.Dropped(1);
        if (isFirst)
        {
            _environment.Logger.BufferFull(_runId, _environment.Options.BufferCapacity);
        }
    }
}
