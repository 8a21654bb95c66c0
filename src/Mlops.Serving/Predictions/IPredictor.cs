namespace Mlops.Serving;

/// <summary>Predicts with whichever version of a model serves at the moment. Thread-safe.</summary>
/// <typeparam name="TIn">What a caller has.</typeparam>
/// <typeparam name="TOut">What a caller wants.</typeparam>
public interface IPredictor<in TIn, TOut>
{
    /// <summary>Name of the model.</summary>
    string Model { get; }

    /// <summary>
    /// Predicts one row. Runs on the caller's thread and is complete when it returns; small models need microseconds and no heap.
    /// </summary>
    /// <param name="input">The row. What the delegates of the registration throw for it reaches the caller unchanged.</param>
    /// <param name="cancellationToken">Looked at before the run starts.</param>
    /// <exception cref="ArgumentException">A feature vector has another length than the model's input.</exception>
    /// <exception cref="ModelUnavailableException">No version serves yet.</exception>
    /// <exception cref="PredictionException">The runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The server has been disposed.</exception>
    ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default);
}
