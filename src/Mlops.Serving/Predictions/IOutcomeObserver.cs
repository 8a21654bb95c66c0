namespace Mlops.Serving;

/// <summary>
/// Hears the outcomes of predictions, on the thread that records them, under the rules of <see cref="IPredictionObserver"/>. An outcome may come
/// twice, long after its prediction, or for a prediction that this process never made: what that means is the observer's to decide. Thread-safe.
/// </summary>
public interface IOutcomeObserver
{
    /// <summary>Called for each outcome.</summary>
    void OnOutcome(in PredictionOutcome outcome);
}
