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
    private readonly Standings _standings = new(space);

    // How many chunks of reports are known of trials that run elsewhere.
    private readonly Dictionary<int, long> _chunks = [];

    // The epochs of trials that run here: what memory holds of them is newer than what is stored, until another has a later epoch.
    private readonly Dictionary<int, long> _held = [];
    private long _followed;

    public bool Pauses => pruner.Pauses;

    /// <summary>A trial begins here, or goes on after the reports given; what else was known of it is of an attempt that got further and is gone.</summary>
    public void Begin(int number, long epoch, IReadOnlyList<TrialReport> earlier)
    {
        lock (_gate)
        {
            _held[number] = epoch;
            _chunks.Remove(number);
            _standings.Change(_standings.Of(number), trial =>
            {
                trial.State = TrialState.Running;
                trial.Clear();
                foreach (TrialReport report in earlier)
                {
                    trial.Add(report);
                }
            });
        }
    }

    /// <summary>A report of the attempt that holds the trial; others' are left out.</summary>
    public void Report(int number, long epoch, TrialReport report)
    {
        lock (_gate)
        {
            if (IsHeld(number, epoch))
            {
                _standings.Report(_standings.Of(number), report);
            }
        }
    }

    /// <param name="number">The trial.</param>
    /// <param name="epoch">Of the attempt that asks; one that does not hold the trial is not told to stop by what another has reported.</param>
    /// <param name="judgedStep">The last step at which it was judged, -1 for none.</param>
    public PruningVerdict Judge(int number, long epoch, int judgedStep)
    {
        lock (_gate)
        {
            // At a lag a trial sees those that had to finish before it began, and itself.
            return IsHeld(number, epoch)
                ? pruner.Judge(new PruningContext(space, _standings.Of(number), judgedStep, _standings, number - row.Lag))
                : PruningVerdict.Continue;
        }
    }

    /// <summary>A trial was told here, and where it was judged before its last judgement.</summary>
    public void End(int number, TrialState state, IReadOnlyList<double> values, bool isFeasible, int? judgedBefore)
    {
        lock (_gate)
        {
            _held.Remove(number);
            _standings.Change(_standings.Of(number), trial => SetOutcome(trial, state, values, isFeasible, judgedBefore));
        }
    }

    /// <summary>An attempt does not hold its trial any more.</summary>
    public void Release(int number, long epoch)
    {
        lock (_gate)
        {
            if (IsHeld(number, epoch))
            {
                _held.Remove(number);
            }
        }
    }

    /// <summary>The paused trials that would go on if they were judged where they stand now: the farthest first, then the best.</summary>
    public List<int> FindPromotable()
    {
        lock (_gate)
        {
            double sign = space.Directions[0] == Direction.Maximize ? -1 : 1;
            return [.. _standings.Paused
                .Where(trial => trial.Reports.Count > 0 && pruner.Judge(new PruningContext(space, trial, PausedAfter(trial), _standings)) == PruningVerdict.Continue)
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

            foreach (RunningReports running in await store.ReadRunningReportsAsync(row.Id, cancellationToken).ConfigureAwait(false))
            {
                if (MarkRunning(running) is { } known && running.Chunks > known)
                {
                    List<byte[]> points = await store.ReadChunksAsync(running.Id, known, cancellationToken).ConfigureAwait(false);
                    Learn(running, points, known + points.Count);
                }
            }
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>
    /// Of a trial that has ended or paused what is stored counts, whoever told it: what an attempt that was lost had reported here besides is gone.
    /// </summary>
    private void Learn(List<TrialOutcome> outcomes, List<(int Number, byte[] Points)> chunks)
    {
        ILookup<int, byte[]> stored = chunks.ToLookup(static chunk => chunk.Number, static chunk => chunk.Points);
        lock (_gate)
        {
            foreach (TrialOutcome outcome in outcomes)
            {
                // A pause that this process has ended since is no news; any other end is final.
                if (outcome.State == TrialState.Paused && IsHeldSince(outcome.Number, outcome.Epoch))
                {
                    continue;
                }

                _held.Remove(outcome.Number);
                _chunks.Remove(outcome.Number);
                SortedDictionary<int, double> reports = Unpack(stored[outcome.Number]);
                _standings.Change(_standings.Of(outcome.Number), trial =>
                {
                    trial.Clear();
                    Add(trial, reports);
                    SetOutcome(trial, outcome.State, outcome.Values, outcome.Violation == 0, outcome.PausedAfter);
                });
            }
        }
    }

    private void Learn(in RunningReports running, List<byte[]> points, long chunks)
    {
        SortedDictionary<int, double> reports = Unpack(points);
        lock (_gate)
        {
            // It may have begun here since.
            if (!IsHeldSince(running.Number, running.Epoch))
            {
                _chunks[running.Number] = chunks;
                _standings.Change(_standings.Of(running.Number), trial => Add(trial, reports));
            }
        }
    }

    /// <summary>How many chunks are known of a trial that runs elsewhere; null when it runs here.</summary>
    private long? MarkRunning(in RunningReports running)
    {
        lock (_gate)
        {
            if (IsHeldSince(running.Number, running.Epoch))
            {
                return null;
            }

            ReportedTrial trial = _standings.Of(running.Number);
            if (_held.Remove(running.Number))
            {
                // What its attempt here has not stored is gone; all that is stored is read.
                _standings.Change(trial, static lost => lost.Clear());
            }

            if (trial.State == TrialState.Paused)
            {
                _standings.Change(trial, static resumed => resumed.State = TrialState.Running);
            }

            return _chunks.GetValueOrDefault(running.Number);
        }
    }

    private bool IsHeld(int number, long epoch) => _held.TryGetValue(number, out long holder) && holder == epoch;

    /// <summary>Whether the trial runs here, and did not begin elsewhere after it did.</summary>
    private bool IsHeldSince(int number, long epoch) => _held.TryGetValue(number, out long holder) && holder >= epoch;

    private static void SetOutcome(ReportedTrial trial, TrialState state, IReadOnlyList<double> values, bool isFeasible, int? judgedBefore)
    {
        (trial.State, trial.Values, trial.IsFeasible) = (state, values, isFeasible);
        trial.PausedAfter = judgedBefore;
    }

    private static int PausedAfter(ReportedTrial trial) => trial.PausedAfter ?? (trial.Reports.Count > 1 ? trial.Reports[^2].Step : -1);

    private static void Add(ReportedTrial trial, SortedDictionary<int, double> reports)
    {
        foreach ((int step, double value) in reports)
        {
            trial.Add(new TrialReport(step, value));
        }
    }

    private static SortedDictionary<int, double> Unpack(IEnumerable<byte[]> points)
    {
        SortedDictionary<int, double> reports = [];
        foreach (byte[] chunk in points)
        {
            try
            {
                TrialReports.Unpack(chunk, reports);
            }
            catch (InvalidDataException)
            {
                // Damaged: the trial has not reported it, as far as others are compared with it.
            }
        }

        return reports;
    }
}
