using System.Diagnostics;
using System.Security.Cryptography;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Stores what one handle has taken, batch after batch: in the store, or in the journal while that is away. Batches carry the writer's id
/// and a sequence: repeating one is harmless. Not thread-safe.
/// </summary>
internal sealed class RunAppender
{
    // How long the store may fail before the journal takes over, and how often a full journal is asked again.
    private static readonly TimeSpan JournalPatience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan JournalPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan CatchingUpPause = TimeSpan.FromMilliseconds(10);

    private readonly TrackingEnvironment _environment;
    private readonly TrackingDatabase? _database;
    private readonly long _run;
    private readonly string _runId;
    private readonly BlockEncoder _encoder;
    private readonly Lock _gate;
    private long _writer = NewWriter();
    private int _generation;
    private long _sequence;
    private long _droppedAndStored;
    private bool _hasEnvironment;

    /// <param name="environment">What the tracker's runs share.</param>
    /// <param name="run">The run.</param>
    /// <param name="encoder">Numbers the series of what is stored.</param>
    /// <param name="gate">Guards the encoder's names, which callers that log add to meanwhile.</param>
    public RunAppender(TrackingEnvironment environment, RunRow run, BlockEncoder encoder, Lock gate)
    {
        _environment = environment;
        _database = environment.Database;
        _run = run.Key;
        _runId = run.Id;
        _encoder = encoder;
        _gate = gate;
        _hasEnvironment = run.HasEnvironment;
    }

    /// <summary>Stores the next batch.</summary>
    /// <param name="items">The batch.</param>
    /// <param name="dropped">Items that the handle has dropped so far.</param>
    public async Task<AppendOutcome> StoreAsync(PendingItems items, long dropped)
    {
        long sequence = ++_sequence;
        try
        {
            AppendOutcome outcome = await StoreAsync(items, dropped, sequence).ConfigureAwait(false);
            _droppedAndStored = dropped;
            return outcome;
        }
        catch (Exception exception) when (StoreFailure.IsUnknownRun(exception))
        {
            SetAside(Describe(items, dropped, sequence), exception);
            throw;
        }
        catch (Exception exception) when (exception is StorageException { IsTransient: false } || StoreFailure.IsRefusal(exception))
        {
            if (StoreFailure.IsRefusal(exception))
            {
                SetAside(Describe(items, dropped, sequence), exception);
            }

            await StoreEndAloneAsync(items, dropped).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Before the last batch, which is the last chance to refer to it.</summary>
    public async Task StoreEnvironmentAsync()
    {
        if (!_hasEnvironment && _database is not null)
        {
            await _database.Surroundings.StoreAsync().ConfigureAwait(false);
        }
    }

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
                _writer = NewWriter();
                record = null;
            }

            if (journal.IsActive && journal.TryAppend(record ??= Describe(items, dropped, sequence).ToBytes(), toFollow: true, _generation))
            {
                if (journal.IsCatchingUp)
                {
                    await Task.Delay(CatchingUpPause, _environment.Waits).ConfigureAwait(false);
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
            catch (StorageException exception) when (!StoreFailure.IsRefusal(exception) && (!isLast || !journal.IsActive))
            {
                // Whatever the store fails at may be mended, an expired password too.
                if (journal.TryAppend(record ??= Describe(items, dropped, sequence).ToBytes(), toFollow: false, _generation))
                {
                    return default;
                }

                if (isLast || !exception.IsTransient)
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Where there is a journal; what it would find out when it stored the batch is known already.</summary>
    private void SetAside(RunAppend batch, Exception failure)
    {
        try
        {
            _environment.Journal?.SetAside(batch, failure);
        }
        catch (StorageException exception)
        {
            // The caller is told of the loss itself.
            _environment.Logger.JournalNotWritten(exception, _environment.Options.JournalFolder!);
        }
    }

    /// <summary>Repeating will not store the last items, but that is no reason to let the run go on for ever.</summary>
    private async Task StoreEndAloneAsync(PendingItems items, long dropped)
    {
        if (items is not { End: not null, Count: > 0 })
        {
            return;
        }

        try
        {
            await StoreAsync(new PendingItems { End = items.End }, dropped + items.Count, ++_sequence).ConfigureAwait(false);
            _droppedAndStored = dropped + items.Count;
        }
        catch (Exception exception) when (exception is StorageException or TrackingException)
        {
            // The first failure is the one to tell.
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
            Environment = _hasEnvironment ? null : _database?.Surroundings.Hash,
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
                _encoder.AddKeys(await RepeatAsync(() => database.Store.InternAsync(_runId, names, CancellationToken.None).AsTask(), patience).ConfigureAwait(false));
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
                    _environment.Logger.WriteRepeated(_runId, StoreFailure.Describe(exception));
                }

                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(10 << Math.Min(attempt, 7), 1_000))).ConfigureAwait(false);
            }
        }
    }

    private static long NewWriter()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToInt64(bytes);
    }
}
