using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The bounded buffer of one handle and the loop that writes it. At most one write is on its way; what is logged meanwhile becomes the
/// next one, so that many callers share a transaction. Writes carry the writer's id and a sequence: repeating one is harmless.
/// </summary>
internal sealed class RunWriter : IDisposable
{
    // Parameters and tags are few and matter most: metrics that fill the buffer leave them this room.
    private const int Reserve = 1_024;

    // How long the database may fail before the journal takes over, and how often a full journal is asked again.
    private static readonly TimeSpan JournalPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan JournalPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CatchingUpPause = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly TrackingEnvironment _environment;
    private readonly TrackingDatabase? _database;
    private readonly long _run;
    private readonly string _runId;
    private long _writer = Random64();
    private int _generation;
    private readonly Timer _timer;
    private readonly Queue<TaskCompletionSource> _waiters = new();
    private readonly BlockEncoder _encoder = new();
    private bool _hasEnvironment;
    private PendingItems _pending = new();
    private Task _writing = Task.CompletedTask;
    private Task _packing = Task.CompletedTask;
    private bool _isWriting;
    private bool _timerIsSet;
    private long _sequence;
    private long _unpackedBlocks;
    private long _dropped;
    private long _droppedAndStored;
    private Exception? _failure;
    private (RunStatus Status, long Time)? _end;

    public RunWriter(TrackingEnvironment environment, RunRow run)
    {
        _environment = environment;
        _database = environment.Database;
        _run = run.Key;
        _runId = run.Id;
        _hasEnvironment = run.HasEnvironment;
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
    public void Add(string key, in Sample sample)
    {
        bool isFirstDrop;
        lock (_gate)
        {
            RequireOpen();
            int series = _encoder.SeriesOf(key);
            if (_pending.Count < _environment.Options.BufferCapacity)
            {
                _pending.Add(new PendingPoint(series, sample));
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
    public Task WriteAsync(IReadOnlyList<Metric> metrics, long now, CancellationToken cancellationToken)
    {
        PendingPoint[] points = new PendingPoint[metrics.Count];
        lock (_gate)
        {
            for (int i = 0; i < points.Length; i++)
            {
                Metric metric = metrics[i];
                long time = metric.Time is { } given ? UnixMicroseconds.From(given) : now;
                points[i] = new PendingPoint(_encoder.SeriesOf(metric.Key), Sample.Of(metric.Step, time, metric.Value));
            }
        }

        return WriteAsync(points, cancellationToken);
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

        if (!_hasEnvironment && _database is not null)
        {
            // The last write is the last chance to refer to it.
            await _database.Surroundings.StoreAsync().ConfigureAwait(false);
        }

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

    private async Task WriteAsync(PendingPoint[] points, CancellationToken cancellationToken)
    {
        PendingItems? items;
        while (!TryTake(points, out items, out Task? room))
        {
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

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

    private void WriteSoon()
    {
        if (_isWriting || _timerIsSet)
        {
            return;
        }

        if (_pending.Count >= _environment.Options.BufferCapacity / 4)
        {
            WriteNow();
            return;
        }

        _timerIsSet = true;
        _timer.Change(_environment.Options.FlushInterval, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerIsSet = false;
            WriteNow();
        }
    }

    private void WriteNow()
    {
        if (_isWriting || !_pending.HasWork)
        {
            return;
        }

        _isWriting = true;
        PendingItems first = TakePending();
        _writing = first.Written;
        _ = Task.Run(() => WriteLoopAsync(first));
    }

    private PendingItems TakePending()
    {
        PendingItems taken = _pending;
        _pending = new PendingItems();
        while (_waiters.TryDequeue(out TaskCompletionSource? waiter))
        {
            waiter.TrySetResult();
        }

        return taken;
    }

    private async Task WriteLoopAsync(PendingItems items)
    {
        while (true)
        {
            await WriteOneAsync(items).ConfigureAwait(false);
            lock (_gate)
            {
                if (!_pending.IsAwaited && _pending.End is null && _pending.Count < _environment.Options.BufferCapacity / 4)
                {
                    _isWriting = false;
                    if (_pending.HasWork)
                    {
                        WriteSoon();
                    }

                    return;
                }

                if (!_pending.HasWork)
                {
                    // Awaited, and nothing to write.
                    _pending.IsAwaited = false;
                    _isWriting = false;
                    return;
                }

                items = TakePending();
                _writing = items.Written;
            }
        }
    }

    private async Task WriteOneAsync(PendingItems items)
    {
        long started = Stopwatch.GetTimestamp();
        long dropped;
        lock (_gate)
        {
            dropped = _dropped;
        }

        try
        {
            AppendOutcome outcome = await StoreAsync(items, dropped, ++_sequence).ConfigureAwait(false);
            _droppedAndStored = dropped;
            _environment.Telemetry.Flushed(items.Points.Count, Stopwatch.GetElapsedTime(started));
            if (outcome.Conflict is { } conflict)
            {
                Remember(conflict);
                foreach (ParameterConflict refused in conflict.Conflicts)
                {
                    _environment.Logger.ParameterRefused(refused.Key, _runId);
                }
            }

            _unpackedBlocks = outcome.UnpackedBlocks ?? _unpackedBlocks;
            if (outcome.PackingIsDue && _packing.IsCompleted)
            {
                _packing = PackAsync();
            }

            items.Complete();
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _dropped += items.Count;
            }

            Remember(exception);
            _environment.Telemetry.Dropped(items.Count);
            _environment.Logger.WriteFailed(exception, _runId, items.Count);
            items.Fail(exception);
        }
    }

    /// <summary>Into the store, or into the journal while that is away.</summary>
    private async Task<AppendOutcome> StoreAsync(PendingItems items, long dropped, long sequence)
    {
        if (_environment.Journal is not { } journal)
        {
            return await AppendAsync(items, dropped, sequence, _environment.Options.RetryDuration).ConfigureAwait(false);
        }

        byte[]? record = null;
        TimeSpan patience = TimeSpan.FromTicks(Math.Min(JournalPatience.Ticks, _environment.Options.RetryDuration.Ticks));
        for (long started = Stopwatch.GetTimestamp(); ; await Task.Delay(JournalPause).ConfigureAwait(false))
        {
            if (_generation != journal.Generation)
            {
                _generation = journal.Generation;
                _writer = Random64();
                record = null;
            }

            if (journal.IsActive && journal.TryAppend(record ??= Describe(items, dropped, sequence).ToBytes(), toFollow: true, _generation))
            {
                if (journal.IsCatchingUp)
                {
                    await Task.Delay(CatchingUpPause).ConfigureAwait(false);
                }

                return default;
            }

            if (_generation != journal.Generation)
            {
                continue;
            }

            bool isLast = Stopwatch.GetElapsedTime(started) >= _environment.Options.RetryDuration;
            try
            {
                // Never past batches that wait in the journal: the store would take those for repetitions.
                return journal.IsActive
                    ? throw new StorageException($"Writing to run {_runId}: the store is away, and the journal has no room for more.") { IsTransient = true }
                    : await AppendAsync(items, dropped, sequence, patience).ConfigureAwait(false);
            }
            catch (StorageException exception) when (exception.IsTransient && (!isLast || !journal.IsActive))
            {
                if (journal.TryAppend(record ??= Describe(items, dropped, sequence).ToBytes(), toFollow: false, _generation))
                {
                    return default;
                }

                if (isLast)
                {
                    throw;
                }
            }
        }
    }

    private RunAppend Describe(PendingItems items, long dropped, long sequence)
    {
        Dictionary<int, int> numbers = [];
        List<string> names = [];
        List<PendingPoint> points = new(items.Points.Count);
        lock (_gate)
        {
            foreach ((int series, Sample sample) in items.Points)
            {
                if (!numbers.TryGetValue(series, out int number))
                {
                    number = names.Count;
                    numbers.Add(series, number);
                    names.Add(_encoder.NameOf(series));
                }

                points.Add(new PendingPoint(number, sample));
            }
        }

        return new RunAppend
        {
            RunId = _runId,
            Owner = _database?.Lease.Owner ?? "",
            Writer = _writer,
            Sequence = sequence,
            Dropped = dropped - _droppedAndStored,
            End = items.End,
            Parameters = items.Parameters,
            Tags = items.Tags,
            Names = names,
            Points = points,
            Environment = _hasEnvironment ? null : _environment.Database?.Surroundings.Hash,
        };
    }

    private async Task<AppendOutcome> AppendAsync(PendingItems items, long dropped, long sequence, TimeSpan patience)
    {
        if (_database is not { } database)
        {
            RunAppend described = Describe(items, dropped, sequence);
            IReadOnlyList<ParameterConflict> conflicts =
                await RepeatAsync(() => _environment.Store.AppendAsync([described], CancellationToken.None), patience).ConfigureAwait(false);
            return default(AppendOutcome) with { Conflict = conflicts.Count == 0 ? null : new ParameterConflictException(_runId, conflicts) };
        }

        RunBatch batch = await EncodeAsync(database, items, dropped, sequence, patience).ConfigureAwait(false);
        AppendOutcome outcome = await RepeatAsync(() => database.Store.AppendAsync(batch, CancellationToken.None), patience).ConfigureAwait(false);
        _hasEnvironment |= batch.Environment is not null;
        return outcome;
    }

    private async ValueTask<RunBatch> EncodeAsync(TrackingDatabase database, PendingItems items, long dropped, long sequence, TimeSpan patience)
    {
        string[] names;
        lock (_gate)
        {
            names = _encoder.TakeNewNames();
        }

        if (names.Length > 0)
        {
            try
            {
                _encoder.AddKeys(await RepeatAsync(() => database.Store.InternAsync(names, CancellationToken.None).AsTask(), patience).ConfigureAwait(false));
            }
            catch
            {
                lock (_gate)
                {
                    _encoder.ReturnNewNames(names);
                }

                throw;
            }
        }

        (MetricBlock? block, SeriesTotals[] totals) = _encoder.Encode(items.Points);
        return new RunBatch
        {
            Run = _run,
            RunId = _runId,
            Writer = _writer,
            Sequence = sequence,
            Owner = database.Lease.Owner,
            Environment = _hasEnvironment ? null : database.Surroundings.Hash,
            Block = block,
            Totals = totals,
            Parameters = items.Parameters,
            Tags = items.Tags,
            Dropped = dropped - _droppedAndStored,
            End = items.End,
        };
    }

    private async Task<T> RepeatAsync<T>(Func<Task<T>> write, TimeSpan patience)
    {
        long started = Stopwatch.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await write().ConfigureAwait(false);
            }
            catch (StorageException exception) when (exception.IsTransient && Stopwatch.GetElapsedTime(started) < patience)
            {
                if (attempt == 0)
                {
                    _environment.Logger.WriteRepeated(exception, _runId);
                }

                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << Math.Min(attempt, 7), 1_000))).ConfigureAwait(false);
            }
        }
    }

    private async Task PackAsync()
    {
        try
        {
            await _database!.Store.PackAsync(_run, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            _environment.Logger.PackingFailed(exception, _runId);
        }
    }

    private void Remember(Exception exception)
    {
        lock (_gate)
        {
            // A refused parameter must not hide that something is lost.
            _failure = _failure is null or ParameterConflictException ? exception : _failure;
        }
    }

    private static long Random64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToInt64(bytes);
    }
}
