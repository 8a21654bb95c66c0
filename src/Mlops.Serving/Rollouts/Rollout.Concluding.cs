using System.Text.Json;

namespace Mlops.Serving;

#pragma warning disable CA1001 // its model stops it; the semaphore has no handle to free
public sealed partial class Rollout
{
    /// <summary>
    /// What the calls that this process has answered say; <c>null</c> while no candidate runs. Calls count that have a key and name no version. With several
    /// processes, the one that decides looks at its own.
    /// </summary>
    public RolloutEvaluation? Evaluate() => _trial is { } trial ? trial.Evidence.Evaluate(trial.Stable, trial.Candidate) : null;

    internal void OnOutcome(in PredictionOutcome outcome) => _trial?.Evidence.OnOutcome(outcome);

    private static string? Describe(RolloutEvaluation? evaluation) =>
        evaluation is null ? null : JsonSerializer.Serialize(evaluation, RolloutJson.Default.RolloutEvaluation);

    // Not on the thread of the call that gave the last piece of evidence.
    private void ConcludeLater() => ThreadPool.UnsafeQueueUserWorkItem(static rollout => _ = rollout.ConcludeAsync(rollout._stopping.Token), this, preferLocal: false);

    /// <summary>Does what the figures say, if this process decides and is allowed to.</summary>
    private async Task ConcludeAsync(CancellationToken stopping)
    {
        if (Kind == RolloutKind.AbTest || _trial is not { } trial)
            return;

        RolloutEvaluation evaluation = trial.Evidence.Evaluate(trial.Stable, trial.Candidate);
        bool rollsBack = evaluation.Verdict == RolloutVerdict.Rollback && Options.AutomaticRollback;
        double share = trial.Split.Share;
        bool isRamped = Kind == RolloutKind.Canary && Ramp.IsBelowTop(Options, share);
        bool promotes = evaluation.Verdict == RolloutVerdict.Promote && Options.AutomaticPromotion && !isRamped;
        double? larger = isRamped ? Ramp.Next(Options, share, evaluation) : null;
        if (!rollsBack && !promotes && larger is null)
            return;

        try
        {
            if (!await LeadsAsync(stopping).ConfigureAwait(false) || _trial?.Evidence != trial.Evidence)
                return;   // the next look is at the evidence of who decided before

            string? evidence = Describe(evaluation);
            if (rollsBack)
                await RollBackAsync(evaluation.Reason, evidence, trial.Candidate.Digest, stopping).ConfigureAwait(false);
            else if (larger is { } next)
                await DecideAsync("given a larger share", trial, record => record.Share == share ? record with { Share = next } : record, stopping).ConfigureAwait(false);
            else
                await DecideAsync("promoted", trial, record => Promoted(record, evaluation.Reason, evidence), stopping).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidOperationException or RolloutConflictException || stopping.IsCancellationRequested)
        {
            // Somebody else has decided, another candidate is there, or the server stops.
        }
        catch (Exception exception)
        {
            if (Interlocked.Exchange(ref _storeHasFailed, 1) == 0)
                ServingLog.RolloutStoreFailed(_model.Logger, _model.Name, exception);
        }
    }
}
