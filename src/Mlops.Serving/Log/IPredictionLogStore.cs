using System.Diagnostics.CodeAnalysis;

namespace Mlops.Serving;

/// <summary>
/// Where the prediction log is kept. Several processes may share one. Thread-safe; the log writes one batch at a time and tries a batch that failed again until it is stored,
/// so that storing again what is there must change nothing.
/// </summary>
[Experimental("MLOPS002")]
public interface IPredictionLogStore
{
    /// <summary>
    /// Stores predictions and outcomes, both or neither. The first outcome of a row stands. One whose prediction is not there, or not yet, may be dropped.
    /// </summary>
    ValueTask WriteAsync(IReadOnlyList<LoggedPrediction> predictions, IReadOnlyList<PredictionOutcome> outcomes, CancellationToken cancellationToken);

    /// <summary>What a query asks for with outcomes, by time, then id, then row, the last one first.</summary>
    ValueTask<IReadOnlyList<LoggedPrediction>> ListAsync(PredictionLogQuery query, CancellationToken cancellationToken);

    /// <summary>Deletes predictions of one routing key, with their outcomes.</summary>
    /// <returns>How many predictions.</returns>
    ValueTask<long> DeleteByRoutingKeyAsync(string routingKeyHash, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes predictions that were made before a time, the oldest first and at most so many, with their outcomes, and as many outcomes at most that
    /// were stored before it and have no prediction.
    /// </summary>
    /// <returns>How many predictions, and outcomes without one.</returns>
    ValueTask<int> DeleteBeforeAsync(DateTimeOffset before, int maximum, CancellationToken cancellationToken);
}
