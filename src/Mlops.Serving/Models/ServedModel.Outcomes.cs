namespace Mlops.Serving;

public sealed partial class ServedModel
{
    /// <summary>
    /// Says what really happened after a prediction, whenever it is known: the prediction log, rollouts and drift monitors hear it before this returns, and
    /// what they make of one that they have no prediction or no room for is in their counts. Never waits; <see cref="RecordOutcomeAsync"/> waits for room.
    /// </summary>
    /// <param name="id">From <see cref="Prediction{T}.Id"/> or <see cref="TensorResponse.Id"/>.</param>
    /// <param name="value">What happened, in the unit of the model's answer or as the host has agreed on; finite.</param>
    /// <param name="row">Which row of the call, from 0 on.</param>
    /// <param name="timestamp">When it happened; <c>null</c> for now.</param>
    /// <exception cref="ArgumentException">The id is the default value.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, or the row is negative.</exception>
    public void RecordOutcome(PredictionId id, double value, int row = 0, DateTimeOffset? timestamp = null)
    {
        PredictionOutcome outcome = OutcomeOf(id, value, row, timestamp);
        Rollout?.OnOutcome(outcome);
        Observers.OnOutcome(outcome);
    }

    /// <summary>
    /// As <see cref="RecordOutcome"/>, for many at once: where the prediction log has no room, it waits for some, at most
    /// <see cref="PredictionLogOptions.OutcomeTimeout"/>, so that none is lost without a word.
    /// </summary>
    /// <param name="id">From <see cref="Prediction{T}.Id"/> or <see cref="TensorResponse.Id"/>.</param>
    /// <param name="value">What happened, in the unit of the model's answer or as the host has agreed on; finite.</param>
    /// <param name="row">Which row of the call, from 0 on.</param>
    /// <param name="timestamp">When it happened; <c>null</c> for now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentException">The id is the default value.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The value is not finite, or the row is negative.</exception>
    /// <exception cref="ModelOverloadedException">There was no room in time. Send it again: who has heard it already takes the first one.</exception>
    public Task RecordOutcomeAsync(PredictionId id, double value, int row = 0, DateTimeOffset? timestamp = null, CancellationToken cancellationToken = default) =>
        TellAsync(OutcomeOf(id, value, row, timestamp), cancellationToken);

    private async Task TellAsync(PredictionOutcome outcome, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!await Observers.OnOutcomeAsync(outcome, cancellationToken).ConfigureAwait(false))
            throw new ModelOverloadedException(Name, "an outcome found no room, since those before it are not stored yet", TimeSpan.FromSeconds(1));

        // Last, so that an outcome which is sent again has not been evidence yet.
        Rollout?.OnOutcome(outcome);
    }

    private PredictionOutcome OutcomeOf(PredictionId id, double value, int row, DateTimeOffset? timestamp)
    {
        if (id == default)
            throw new ArgumentException($"An outcome of model '{Name}' names no prediction; give it the id that came with the answer.", nameof(id));
        if (!double.IsFinite(value))
            throw new ArgumentOutOfRangeException(nameof(value), value, $"An outcome of model '{Name}' must be finite.");
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        return new PredictionOutcome { Model = Name, Id = id, Row = row, Value = value, Timestamp = timestamp ?? TimeProvider.GetUtcNow() };
    }
}
