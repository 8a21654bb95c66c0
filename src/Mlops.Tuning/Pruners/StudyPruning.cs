namespace Mlops.Tuning;

/// <summary>
/// The pruner of one study and the reports that it looks at: those of this process at once, those of other processes as of the last
/// <see cref="RefreshAsync"/>. Thread-safe.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage(
    "Design", "CA1001", Justification = "A semaphore whose wait handle is never asked for holds nothing to release.")]
internal sealed class StudyPruning(IPruner pruner, TuningStore store, StudyRow row, StudySpace space)
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private readonly Dictionary<int, ReportedTrial> _trials = [];
    private readonly Dictionary<int, long> _chunks = [];

    // Trials that run here: what memory holds of them is newer than what is stored.
    private readonly HashSet<int> _held = [];
    private readonly CompletedReports _completed = new();
    private long _followed;

    public bool Pauses => pruner.Pauses;

    /// <summary>A trial begins here, or goes on from reports that are stored.</summary>
    public void Begin(int number, IReadOnlyList<TrialReport> earlier)
    {
        lock (_gate)
        {
            _held.Add(number);
            ReportedTrial trial = Of(number);
            trial.State = TrialState.Running;
            foreach (TrialReport report in earlier)
            {
                trial.Add(report);
            }
        }
    }

    public void Report(int number, TrialReport report)
    {
        lock (_gate)
        {
            Of(number).Add(report);
        }
    }

    /// <param name="number">The trial.</param>
    /// <param name="judgedStep">The step at which it was judged last; null when that is not known, which is taken to be at the report before the last.</param>
    public PruningVerdict Judge(int number, int? judgedStep)
    {
        lock (_gate)
        {
            ReportedTrial trial = Of(number);
            int judged = judgedStep ?? StepBeforeLast(trial);
            if (row.Lag is { } lag)
            {
                // A trial sees those that had to finish before it began, and itself.
                return pruner.Judge(new PruningContext(space, trial, judged, [.. _trials.Values.Where(other => other.Number < number - lag || other.Number == number)]));
            }

            return pruner.Judge(new PruningContext(space, trial, judged, _trials.Values, _completed));
        }
    }

    /// <summary>A trial was told here.</summary>
    public void End(TrialRecord record)
    {
        lock (_gate)
        {
            _held.Remove(record.Number);
            SetOutcome(record.Number, record.State, record.Values, record.IsFeasible);
        }
    }

    /// <summary>A trial is no longer held here.</summary>
    public void Release(int number)
    {
        lock (_gate)
        {
            _held.Remove(number);
        }
    }

    /// <summary>The paused trials that would go on if they were judged at their last report now: the farthest first, then the best.</summary>
    public List<int> FindPromotable()
    {
        lock (_gate)
        {
            double sign = space.Directions[0] == Direction.Maximize ? -1 : 1;
            return [.. _trials.Values
                .Where(trial => trial is { State: TrialState.Paused, Reports.Count: > 0 }
                    && pruner.Judge(new PruningContext(space, trial, StepBeforeLast(trial), _trials.Values, _completed)) == PruningVerdict.Continue)
                .OrderByDescending(static trial => trial.Reports[^1].Step).ThenBy(trial => sign * trial.Reports[^1].Value).ThenBy(static trial => trial.Number)
                .Select(static trial => trial.Number)];
        }
    }

    /// <summary>Takes over what other processes have stored since the last call.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _refreshing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            bool isFull = true;
            while (isFull && await store.ReadOutcomesAsync(row, _followed, cancellationToken).ConfigureAwait(false) is { Count: > 0 } outcomes)
            {
                isFull = outcomes.Count == TuningStore.OutcomePage;
                long to = outcomes[^1].Sequence;
                List<(int Number, byte[] Points)> chunks = await store.ReadOutcomeReportsAsync(row.Id, _followed, to, cancellationToken).ConfigureAwait(false);
                Learn(outcomes, chunks);
                _followed = to;
            }

            foreach ((long id, int number, long stored) in await store.ReadRunningReportsAsync(row.Id, cancellationToken).ConfigureAwait(false))
            {
                if (MarkRunning(number) is { } known && stored > known)
                {
                    List<byte[]> points = await store.ReadChunksAsync(id, known, cancellationToken).ConfigureAwait(false);
                    Learn(number, points, known + points.Count);
                }
            }
        }
        finally
        {
            _refreshing.Release();
        }
    }

    private void Learn(List<TrialOutcome> outcomes, List<(int Number, byte[] Points)> chunks)
    {
        lock (_gate)
        {
            foreach ((int number, byte[] points) in chunks)
            {
                if (!_held.Contains(number))
                {
                    Add(number, points);
                }
            }

            foreach (TrialOutcome outcome in outcomes)
            {
                // A pause that this process has ended since is no news; any other end is final, whoever told it.
                if (outcome.State != TrialState.Paused || !_held.Contains(outcome.Number))
                {
                    _held.Remove(outcome.Number);
                    _chunks.Remove(outcome.Number);
                    SetOutcome(outcome.Number, outcome.State, outcome.Values, outcome.Violation == 0);
                }
            }
        }
    }

    private void SetOutcome(int number, TrialState state, IReadOnlyList<double> values, bool isFeasible)
    {
        ReportedTrial trial = Of(number);
        (trial.State, trial.Values, trial.IsFeasible) = (state, values, isFeasible);
        if (state == TrialState.Completed)
        {
            _completed.Add(trial);
        }
    }

    private void Learn(int number, List<byte[]> points, long chunks)
    {
        lock (_gate)
        {
            _chunks[number] = chunks;
            points.ForEach(chunk => Add(number, chunk));
        }
    }

    /// <summary>How many chunks are known of a trial that runs elsewhere; null when it runs here.</summary>
    private long? MarkRunning(int number)
    {
        lock (_gate)
        {
            if (_held.Contains(number))
            {
                return null;
            }

            ReportedTrial trial = Of(number);
            trial.State = trial.State == TrialState.Paused ? TrialState.Running : trial.State;
            return _chunks.GetValueOrDefault(number);
        }
    }

    private static int StepBeforeLast(ReportedTrial trial) => trial.Reports.Count > 1 ? trial.Reports[^2].Step : -1;

    private void Add(int number, byte[] points)
    {
        SortedDictionary<int, double> reports = [];
        try
        {
            TrialReports.Unpack(points, reports);
        }
        catch (InvalidDataException)
        {
            // Damaged: the trial has not reported it, as far as others are compared with it.
            return;
        }

        ReportedTrial trial = Of(number);
        foreach ((int step, double value) in reports)
        {
            trial.Add(new TrialReport(step, value));
        }
    }

    private ReportedTrial Of(int number)
    {
        if (!_trials.TryGetValue(number, out ReportedTrial? trial))
        {
            _trials.Add(number, trial = new ReportedTrial(number));
        }

        return trial;
    }
}
