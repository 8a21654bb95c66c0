namespace Mlops.Tuning;

public sealed partial class Study
{
    /// <summary>The best completed trial that satisfies its constraints, the earlier one among equals; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">The study has several objectives; see <see cref="GetParetoFrontAsync"/>.</exception>
    public Task<TrialRecord?> FindBestAsync(CancellationToken cancellationToken = default)
    {
        if (Directions.Count != 1)
        {
            throw new InvalidOperationException($"Study '{Name}' has {Directions.Count} objectives and no single best trial; call GetParetoFrontAsync.");
        }

        return _studies.Store.FindBestAsync(Row, cancellationToken);
    }

    /// <summary>The best completed trial that satisfies its constraints, the earlier one among equals.</summary>
    /// <exception cref="NoCompletedTrialException">No trial has completed, or none that satisfies its constraints; <see cref="FindBestAsync"/> answers null instead.</exception>
    /// <exception cref="InvalidOperationException">The study has several objectives; see <see cref="GetParetoFrontAsync"/>.</exception>
    public async Task<TrialRecord> GetBestAsync(CancellationToken cancellationToken = default) =>
        await FindBestAsync(cancellationToken).ConfigureAwait(false)
        ?? throw new NoCompletedTrialException(Name, await _studies.Store.CountAsync(Row, cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// Where the study stands over all processes, with the best trial where there is one objective. The database counts by an index, so that it may be asked often.
    /// </summary>
    public async Task<StudyProgress> GetProgressAsync(CancellationToken cancellationToken = default)
    {
        StudyCounts counts = await _studies.Store.CountAsync(Row, cancellationToken).ConfigureAwait(false);
        TrialRecord? best = Directions.Count == 1 ? await _studies.Store.FindBestAsync(Row, cancellationToken).ConfigureAwait(false) : null;
        return new(Name, counts.Completed, counts.Pruned, counts.Failed, TotalTrials: null, best?.Number, best?.Value) { Paused = counts.Paused };
    }

    /// <summary>The completed trials that satisfy their constraints and that no other such trial beats in all objectives at once, by number.</summary>
    public async Task<IReadOnlyList<TrialRecord>> GetParetoFrontAsync(CancellationToken cancellationToken = default) =>
        FrontOf(await GetFeasibleAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>
    /// The volume between a reference point and what the completed trials that satisfy their constraints have reached, which grows with a better
    /// front; with one objective the distance of the best from the reference. Exact; its cost grows quickly with more than four objectives.
    /// </summary>
    /// <param name="reference">One value per objective, each worse than what counts as an answer; trials that are not better in all add nothing.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the directions, or one is not finite.</exception>
    public Task<double> GetHypervolumeAsync(IReadOnlyList<double> reference, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Count != Directions.Count || !reference.All(double.IsFinite))
        {
            throw new ArgumentException(
                $"Study '{Name}' needs a reference of {Directions.Count} finite values, got {string.Join(", ", reference)}.", nameof(reference));
        }

        return HypervolumeAsync([.. reference], cancellationToken);
    }

    /// <summary>All trials by number, running ones included. Read in short pages, so a trial may be newer than the one before it.</summary>
    public IAsyncEnumerable<TrialRecord> GetTrialsAsync(CancellationToken cancellationToken = default) =>
        _studies.Store.ReadTrialsAsync(Row, cancellationToken);

    /// <summary>The trial of the number, or null when there is none.</summary>
    public Task<TrialRecord?> FindTrialAsync(int number, CancellationToken cancellationToken = default) =>
        _studies.Store.FindTrialAsync(Row, number, cancellationToken);

    /// <summary>A trial's stored reports by step; empty when there are none or no such trial.</summary>
    public async Task<IReadOnlyList<TrialReport>> GetReportsAsync(int number, CancellationToken cancellationToken = default) =>
        await _studies.Store.ReadReportsAsync(Row, number, cancellationToken).ConfigureAwait(false);

    private async Task<double> HypervolumeAsync(double[] reference, CancellationToken cancellationToken)
    {
        List<TrialRecord> feasible = await GetFeasibleAsync(cancellationToken).ConfigureAwait(false);
        return Hypervolume.Of(feasible.Select(trial => ToMinimise(trial.Values)), ToMinimise(reference));
    }

    private async Task<List<TrialRecord>> GetFeasibleAsync(CancellationToken cancellationToken)
    {
        List<TrialRecord> feasible = [];
        await foreach (TrialRecord trial in GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (trial.State == TrialState.Completed && trial.IsFeasible)
            {
                feasible.Add(trial);
            }
        }

        return feasible;
    }

    /// <summary>Completed trials of one objective that satisfy their constraints, the earlier one first among equals.</summary>
    private IEnumerable<TrialRecord> BestFirst(IEnumerable<TrialRecord> trials) => trials
        .Where(static trial => trial.State == TrialState.Completed && trial.IsFeasible).OrderBy(trial => ToMinimise(trial.Values)[0]).ThenBy(static trial => trial.Number);

    private TrialRecord[] FrontOf(IReadOnlyList<TrialRecord> trials)
    {
        TrialRecord[] feasible = [.. trials.Where(static trial => trial.State == TrialState.Completed && trial.IsFeasible)];
        int[] ranks = ParetoRanks.Of(Array.ConvertAll(feasible, trial => ToMinimise(trial.Values)));
        return [.. feasible.Where((_, i) => ranks[i] == 0)];
    }

    private double[] ToMinimise(IReadOnlyList<double> values) =>
        [.. values.Select((value, objective) => Directions[objective] == Direction.Minimize ? value : -value)];
}
