namespace Mlops.Serving;

/// <summary>
/// Hears the outcomes of predictions, on the thread that records them, under the rules of <see cref="IPredictionObserver"/>. An outcome may come
/// twice, long after its prediction, or for a prediction that this process never made: what that means is the observer's to decide. Thread-safe.
/// </summary>
public interface IOutcomeObserver
{
    /// <summary>Called for each outcome whose sender does not wait.</summary>
    void OnOutcome(in PredictionOutcome outcome);

    /// <summary>
    /// Called for each outcome whose sender waits, as <see cref="ServedModel.RecordOutcomeAsync"/> does. An observer whose room is bounded waits here for room, for a
    /// bounded time; others need not implement it.
    /// </summary>
    /// <returns>Whether the outcome was taken in. If not, the sender is told, and may send it again.</returns>
    ValueTask<bool> OnOutcomeAsync(PredictionOutcome outcome, CancellationToken cancellationToken)
    {
        OnOutcome(in outcome);
        return new ValueTask<bool>(true);
    }
}
