namespace Mlops.Serving;

/// <summary>Predicts with whichever version of a model serves at the moment. Thread-safe.</summary>
/// <typeparam name="TIn">What a caller has.</typeparam>
/// <typeparam name="TOut">What a caller wants.</typeparam>
public interface IPredictor<in TIn, TOut>
{
    /// <summary>Name of the model.</summary>
    string Model { get; }

    /// <summary>
    /// Predicts one row. Small models run on the caller's thread and are complete when it returns, in microseconds and without heap; the call waits for
    /// its run where runs take a millisecond or more, or where rows that share a run are cheaper.
    /// </summary>
    /// <param name="input">The row. What the delegates of the registration throw for it reaches the caller unchanged.</param>
    /// <param name="cancellationToken">Withdraws the call; one that runs on the caller's thread is not interrupted.</param>
    /// <exception cref="ArgumentException">A feature vector has another length than the model's input.</exception>
    /// <exception cref="ModelUnavailableException">No version serves yet.</exception>
    /// <exception cref="ModelOverloadedException">Too many calls wait for it to be answered in time.</exception>
    /// <exception cref="PredictionTimeoutException">It was not answered within <see cref="ModelOptions.Timeout"/>.</exception>
    /// <exception cref="PredictionException">The runtime failed, or gave NaN or infinity where <see cref="ModelOptions.RequireFinite"/> asks for finite outputs.</exception>
    /// <exception cref="ObjectDisposedException">The server has been disposed.</exception>
    ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="PredictAsync(TIn, CancellationToken)"/>
    /// <param name="input">The row. What the delegates of the registration throw for it reaches the caller unchanged.</param>
    /// <param name="options">Time, priority, routing key or version.</param>
    /// <param name="cancellationToken">Withdraws the call; one that runs on the caller's thread is not interrupted.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not positive, or there is no such priority.</exception>
    /// <exception cref="ModelVersionNotFoundException">The version that was asked for is not loaded.</exception>
    ValueTask<Prediction<TOut>> PredictAsync(TIn input, PredictionOptions options, CancellationToken cancellationToken = default);
}
