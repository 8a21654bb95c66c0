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

    /// <summary>The completed trials that satisfy their constraints and that no other such trial beats in all objectives at once, by number.</summary>
    public async Task<IReadOnlyList<TrialRecord>> GetParetoFrontAsync(CancellationToken cancellationToken = default)
    {
        List<TrialRecord> completed = [];
        await foreach (TrialRecord trial in GetTrialsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (trial.State == TrialState.Completed && trial.IsFeasible)
            {
                completed.Add(trial);
            }
        }

        return completed.FindAll(trial => !completed.Exists(other => Dominates(other, trial)));
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

    private bool Dominates(TrialRecord better, TrialRecord worse)
    {
        bool strictly = false;
        for (int i = 0; i < Directions.Count; i++)
        {
            double gain = Directions[i] == Direction.Minimize ? worse.Values[i] - better.Values[i] : better.Values[i] - worse.Values[i];
            if (gain < 0)
            {
                return false;
            }

            strictly |= gain > 0;
        }

        return strictly;
    }
}
