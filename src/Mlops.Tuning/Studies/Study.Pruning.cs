using System.Diagnostics;

namespace Mlops.Tuning;

public sealed partial class Study
{
    /// <summary>Null without a pruner.</summary>
    internal StudyPruning? Pruning { get; }

    /// <summary>
    /// Keeps a trial for later: its reports count for samplers and pruners like those of a pruned trial, and it goes on, with the same number and values, when the
    /// study's pruner finds it promising or <see cref="ResumeAsync"/> is called. Pausing again does nothing.
    /// </summary>
    /// <exception cref="TrialLostException">The trial was taken over; nothing was written.</exception>
    /// <exception cref="InvalidOperationException">It has finished, or the study has a lag, at which later trials would wait for it.</exception>
    public Task<TrialRecord> PauseAsync(Trial trial, CancellationToken cancellationToken = default)
    {
        RequireOwn(trial);
        if (Row.Lag is not null)
        {
            throw new InvalidOperationException($"Pausing trial {trial.Number}: study '{Name}' has {Determinism}, and later trials would wait for it.");
        }

        return FinishAsync(trial, TrialState.Paused, [], reason: null, cancellationToken);
    }

    /// <summary>Goes on with a paused trial: <see cref="Trial.FindCheckpointAsync"/> has what it saved.</summary>
    /// <param name="number">The trial's number.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The trial, or null when it is not paused, or not any more. One whose stored values are damaged fails and is not returned either.</returns>
    public async Task<Trial?> ResumeAsync(int number, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        await _sampling.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ResumeNowAsync(number, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sampling.Release();
        }
    }

    /// <summary>The first paused trial that deserves to go on; null when none does.</summary>
    private async Task<Trial?> PromoteAsync(CancellationToken cancellationToken)
    {
        if (Pruning is null)
        {
            return null;
        }

        await RefreshPruningAsync(cancellationToken).ConfigureAwait(false);
        if (Pruning.Pauses)
        {
            foreach (int number in Pruning.FindPromotable())
            {
                if (await ResumeNowAsync(number, cancellationToken).ConfigureAwait(false) is { } trial)
                {
                    return trial;
                }
            }
        }

        return null;
    }

    private Task<bool> RefreshPruningAsync(CancellationToken cancellationToken) => _studies.Retry.RunAsync(
        async () =>
        {
            await Pruning!.RefreshAsync(cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private async Task<Trial?> ResumeNowAsync(int number, CancellationToken cancellationToken)
    {
        (ClaimedTrial? claim, long sent) = await _studies.Retry.RunAsync(
            async () =>
            {
                long now = Stopwatch.GetTimestamp();
                return (await _studies.Store.ResumeAsync(NewRequest(long.MaxValue, key: null), number, cancellationToken).ConfigureAwait(false), now);
            },
            cancellationToken).ConfigureAwait(false);
        if (claim is not null && !IsReadable(claim))
        {
            await FailDamagedAsync(claim, cancellationToken).ConfigureAwait(false);
            return null;
        }

        return claim is null ? null : await StartAsync(claim, isTakenOver: false, sent, cancellationToken).ConfigureAwait(false);
    }

    internal Task<bool> SaveCheckpointAsync(TrialUpdate update, int step, byte[] data, CancellationToken cancellationToken) => _studies.Retry.RunAsync(
        () => _studies.Store.SaveCheckpointAsync(update, _studies.Clock, _studies.Options.LeaseMicroseconds, step, data, cancellationToken), cancellationToken);

    internal Task<TrialCheckpoint?> FindCheckpointAsync(Trial trial, CancellationToken cancellationToken) => _studies.Retry.RunAsync(
        () => _studies.Store.FindCheckpointAsync(trial.Claim.Id, cancellationToken), cancellationToken);

    /// <summary>
    /// The reports after which a trial goes on, which is where pruners see it: all of one that paused, those that the checkpoint of a lost attempt covers, else none, as
    /// it begins from nothing and is judged at every step that it repeats.
    /// </summary>
    private async Task<IReadOnlyList<TrialReport>> ReadReachedAsync(ClaimedTrial claim, CancellationToken cancellationToken)
    {
        if (Pruning is null || claim.LastReport is null || !(claim.IsResumed || claim.CheckpointStep is not null))
        {
            return [];
        }

        IReadOnlyList<TrialReport> reports = await ReadEarlierAsync(claim.Number, cancellationToken).ConfigureAwait(false);
        return claim.IsResumed ? reports : [.. reports.Where(report => report.Step <= claim.CheckpointStep)];
    }

    private async Task<IReadOnlyList<TrialReport>> ReadEarlierAsync(int number, CancellationToken cancellationToken)
    {
        try
        {
            return await _studies.Retry.RunAsync(() => _studies.Store.ReadReportsAsync(Row, number, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (StudyCorruptException)
        {
            return [];
        }
    }
}
