using System.Runtime.CompilerServices;

namespace Mlops.Serving;

/// <summary>
/// Runs the calls of one version. A call runs on its caller's thread while runs are short and sharing does not pay; else it waits for a
/// <see cref="Runner"/>, which takes what has come together. Thread-safe.
/// </summary>
internal sealed partial class ModelExecutor : IDisposable
{
    private const int ReportedRuns = 16;
    private readonly ModelSnapshot _snapshot;
    private readonly IModelSession _session;
    private readonly ExecutorContext _context;
    private readonly TimeProvider _time;
    private readonly RunTimes _times;
    private readonly Spares<RowBuffers> _rows = new(Math.Max(256, 16 * Environment.ProcessorCount));
    private volatile string? _quarantine;

    public ModelExecutor(ModelSnapshot snapshot, IModelSession session, ExecutorContext context)
    {
        _snapshot = snapshot;
        _session = session;
        _context = context;
        _time = context.TimeProvider;
        _times = new RunTimes(_time.TimestampFrequency);
        _callers = new CallerTimes(_time.TimestampFrequency);
        BatchingOptions batching = context.Options.Batching;
        _concurrency = batching.Concurrency > 0 ? batching.Concurrency : Environment.ProcessorCount;
        if (RequestLayout.ForRows(session.Signature) is { } rows)
        {
            RowGroup = NewGroup(rows);
            _groups = [RowGroup];
        }

        context.Telemetry.Watch(this);
    }

    public string Model => _context.Model;

    public ServedVersion Version => _snapshot.Version;

    /// <summary>Calls of one row with all inputs and outputs, as a predictor makes them; <c>null</c> when the model does not fix their sizes.</summary>
    public CallGroup? RowGroup { get; }

    /// <summary>Why the version accepts no more calls; <c>null</c> while it does.</summary>
    public string? Quarantine => _quarantine;

    /// <summary>What the shape that was used last does.</summary>
    public (BatchingMode Mode, double Gain) Batching => _groups.MaxBy(static group => group.LastUse) is { } group
        ? (group.Controller.Mode, group.Controller.Gain)
        : (BatchingMode.Alone, 1);

    /// <summary>From now on every call runs alone; the reason is shown.</summary>
    public void ForbidBatching(string reason)
    {
        lock (_grouping)
        {
            Version.CannotBatch = reason;
            foreach (CallGroup group in _groups)
                group.Controller.Forbid();
        }
    }

    /// <summary>Computes the answer. Completes on this thread or later, and throws at once what is wrong with the call.</summary>
    /// <exception cref="InvalidInputException">The request does not fit the model.</exception>
    public ValueTask RunAsync(TensorRequest request, CallAnswer answer, in CallTerms terms, long now, CancellationToken cancellationToken)
    {
        CallGroup group = FindGroup(request, out int rows);
        if (!MayRunHere(group, terms))
            return QueueAsync(_calls.TryTake() ?? new ModelCall(this, isOwned: false), group, request, answer, rows, terms, now, cancellationToken);

        RunHere(group, request, answer, rows, terms, now);
        return ValueTask.CompletedTask;
    }

    /// <summary>A slot for one row when the call may run on this thread now; <c>null</c> when it has to queue.</summary>
    /// <exception cref="PredictionException">No slot could be made.</exception>
    public RunSlot? TryRentHere(CallGroup group, in CallTerms terms) => MayRunHere(group, terms) ? Rent(group, rows: 1) : null;

    /// <summary>Runs a slot on this thread.</summary>
    /// <returns>Timestamp of the end of the run.</returns>
    /// <exception cref="PredictionException">The runtime failed.</exception>
    /// <exception cref="PredictionTimeoutException">The run was ended because it took too long.</exception>
    public long RunHere(RunSlot slot, int rows, in CallTerms terms, long begun)
    {
        if (terms.HasDeadline)
            WatchHere(slot, terms.Deadline);
        try
        {
            slot.Slot.Run(rows);
        }
        catch (Exception exception)
        {
            slot.IsSound = false;
            if (terms.HasDeadline && !UnwatchHere(slot))
                throw Failed(new PredictionTimeoutException(Model, terms.Timeout), begun);
            throw Failed(FailureOf(exception, rows), begun);
        }

        if (terms.HasDeadline && !UnwatchHere(slot))
            throw Failed(new PredictionTimeoutException(Model, terms.Timeout), begun);
        return _time.GetTimestamp();
    }

    /// <exception cref="PredictionException">Rows that must be finite are not.</exception>
    /// <exception cref="InvalidInputException">Nor are their inputs.</exception>
    public void CheckFinite(CallGroup group, IModelSlot slot, int first, int rows, int all, long begun)
    {
        if (FindNotFinite(group, slot, first, rows, all) is { } failure)
            throw Failed(failure, begun);
    }

    /// <summary>Counts a call that ran on this thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(RunSlot slot, int rows, long begun, long copied, long ran, long done)
    {
        slot.Tally.AddRun(rows, begun, copied, ran, done);
        slot.Tally.AddAnswer(done - begun);
        slot.Unreported++;
        slot.Untimed++;
        if (_snapshot.Users > 1)
            slot.Overlapping++;
        if (ran - copied >= _times.LongRun)
            slot.LongRuns++;
        if (slot.Untimed >= ReportedRuns || slot.LongRuns > 0)
            Report(slot, rows, ran - copied);
    }

    /// <summary>Buffers for a call of one row, its inputs full of zeros.</summary>
    public RowBuffers RentRow()
    {
        if (_rows.TryTake() is not { } row)
            return new RowBuffers(this, _session.Signature);

        row.Clear();
        return row;
    }

    public void Return(RowBuffers row) => _rows.TryKeep(row);

    /// <summary>Makes a slot of any size.</summary>
    public RunSlot CreateSlot(CallGroup group, int capacity)
    {
        var slot = new RunSlot(_session.CreateSlot(group.Layout.ToSlotShape(capacity)), group, capacity);
        lock (_lock)
            _slots.Add(slot);
        return slot;
    }

    /// <summary>Frees a slot that nobody uses, and remembers what it has done.</summary>
    public void Discard(RunSlot slot)
    {
        Runner? runner = null;
        lock (_lock)
        {
            _slots.Remove(slot);
            slot.Tally.AddTo(_past);
            if (CameBack(slot) && _queue.First is { } first)
                runner = TryStart(first.Group);
        }

        if (runner is not null)
            Start(runner);
        slot.Slot.Dispose();
    }

    public ModelStatistics GetStatistics()
    {
        var totals = new ModelTotals();
        lock (_lock)
        {
            totals.Add(_past);
            foreach (RunSlot slot in _slots)
                slot.Tally.AddTo(totals);
        }

        return totals.ToStatistics(_snapshot.Version, _context.Variant, (Volatile.Read(ref _failures), Volatile.Read(ref _failureTicks)), _time);
    }

    public void Dispose()
    {
        _context.Telemetry.Unwatch(this);
        lock (_lock)
        {
            _watchdog?.Dispose();
            _delay?.Dispose();
            _guard?.Dispose();
        }

        foreach (CallGroup group in _groups)
            group.Dispose();
    }

    private void RunHere(CallGroup group, TensorRequest request, CallAnswer answer, int rows, in CallTerms terms, long begun)
    {
        RunSlot slot = Rent(group, rows);
        try
        {
            group.Layout.CopyInputs(request, slot.Slot, first: 0, rows, rows);
            long copied = _time.GetTimestamp();
            long ran = RunHere(slot, rows, terms, begun);
            CheckFinite(group, slot.Slot, first: 0, rows, rows, begun);
            group.Layout.CopyOutputs(slot.Slot, answer, first: 0, rows, rows);
            answer.SetTimes(queue: 0, new RunTime(ran - copied, rows, copied));
            Count(slot, rows, begun, copied, ran, _time.GetTimestamp());
        }
        catch (Exception exception) when (exception is not ServingException)
        {
            slot.IsSound = false;
            throw Failed(FailureOf(exception, rows), begun);
        }
        finally
        {
            group.Return(slot);
        }
    }

    private RunSlot Rent(CallGroup group, int rows)
    {
        try
        {
            return group.Rent(rows);
        }
        catch (Exception exception)
        {
            throw Failed(FailureOf(exception, rows), _time.GetTimestamp());
        }
    }

    private bool MayRunHere(CallGroup group, in CallTerms terms)
    {
        ThrowIfQuarantined();
        if (group.Controller.Mode != BatchingMode.Alone || _times.IsSlow)
            return false;

        // Without a deadline nobody would be told before the run ends, wherever it runs. With one, only runs that have shown for long that they
        // are short are trusted with the caller's thread, which cannot leave them.
        return !terms.HasDeadline || (_times.IsProvenFast && !_isHanging && terms.Deadline - _time.GetTimestamp() >= _times.LongRun);
    }

    private void ThrowIfQuarantined()
    {
        if (_quarantine is { } reason)
            throw new ModelUnavailableException(Model, _snapshot.Version, reason);
    }

    private void Report(RunSlot slot, int rows, long ticks)
    {
        _times.Add(slot.Untimed, slot.LongRuns);
        slot.Untimed = slot.LongRuns = 0;
        slot.Group.LastUse = Environment.TickCount64;
        if (slot.Group.Controller.TryReportAlone(slot.Unreported, slot.Overlapping, rows, ticks))
            slot.Unreported = slot.Overlapping = 0;
    }

    /// <summary>What a call of so many rows fails with: by its own fault when they are too long for any buffer, else by the model's.</summary>
    private ServingException FailureOf(Exception exception, int rows, FailedRun? sharedRun = null) => exception is OverflowException
        ? new InvalidInputException(Model, $"the inputs and outputs of {rows} rows are longer than 2 GiB; send fewer at a time")
        : new PredictionException(Model, _snapshot.Version, exception, sharedRun);

    /// <summary>What a call fails with whose outputs must be finite and are not: its own fault where its inputs are not either.</summary>
    private ServingException? FindNotFinite(CallGroup group, IModelSlot slot, int first, int rows, int all)
    {
        if (!_context.RequireFinite || group.Layout.FindNotFiniteOutput(slot, first, rows, all) is not { } output)
            return null;
        if (group.Layout.FindNotFiniteInput(slot, first, rows, all) is { } input)
            return new InvalidInputException(Model, $"input '{input}' holds NaN or infinity, and output '{output}' would");

        var cause = new NotFiniteNumberException($"output '{output}' holds NaN or infinity; set {nameof(ModelOptions.RequireFinite)} to false if that is meant");
        return new PredictionException(Model, _snapshot.Version, cause);
    }

    private T Failed<T>(T exception, long begun)
        where T : Exception
    {
        Interlocked.Increment(ref _failures);
        Interlocked.Add(ref _failureTicks, _time.GetTimestamp() - begun);
        return exception;
    }
}
