using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>
/// Those who see the predictions and hear the outcomes of one model. What one of them throws is counted, logged once and goes no further. Thread-safe.
/// </summary>
internal sealed class ModelObservers(string model, IReadOnlyList<string>? featureNames, ServingEnvironment environment, OutcomeHandler[] outcomeHandlers)
{
    private readonly IPredictionObserver[] _observers = environment.Observers;
    private readonly TimeProvider _time = environment.TimeProvider;
    private int _hasFailed;

    /// <summary>Whether anybody does, so that nothing need be prepared otherwise.</summary>
    public bool SeePredictions => _observers.Length > 0;

    /// <summary>Shows the call of a predictor.</summary>
    public void OnPrediction(
        ModelSnapshot snapshot, PredictionId id, in Routing routing, long started, long queue, long compute, ReadOnlySpan<byte> features, ReadOnlySpan<byte> output)
    {
        ModelSignature signature = snapshot.Signature;
        Show(new PredictionRecord
        {
            Model = model,
            Id = id,
            Version = snapshot.Version,
            Variant = routing.Variant,
            Propensity = routing.Propensity,
            RoutingKey = routing.Key,
            Timestamp = _time.GetUtcNow(),
            Duration = _time.GetElapsedTime(started),
            QueueTime = _time.GetElapsedTime(0, queue),
            ComputeTime = _time.GetElapsedTime(0, compute),
            Features = Floats(signature.Inputs[0].Type, features),
            FeatureNames = signature.FeatureNames ?? featureNames,
            Outputs = Floats(signature.Outputs[snapshot.Output].Type, output),
        });
    }

    /// <summary>Shows the rows of a call at tensor level, one by one.</summary>
    public void OnPredictions(ModelSnapshot snapshot, TensorRequest request, TensorResponse response, in Routing routing, long started)
    {
        ModelSignature signature = snapshot.Signature;
        TensorSpec input = signature.Inputs[0];
        TensorSpec output = signature.Outputs[snapshot.Output];
        int rows = Rows(signature, request);
        ReadOnlySpan<float> features = Floats(input.Type, request.Tensors[request.IndexOf(input.Name)].Bytes);
        int place = response.Answer.Outputs.IndexOf(output.Name);
        ReadOnlySpan<float> outputs = place < 0 ? [] : Floats(output.Type, response.Answer.Outputs[place].Bytes);
        if (rows > 1 && !signature.CountsRows(output))
            outputs = [];

        int featuresPerRow = input.HasRows ? features.Length / rows : 0;
        int outputsPerRow = outputs.Length / rows;
        DateTimeOffset now = _time.GetUtcNow();
        TimeSpan duration = _time.GetElapsedTime(started);
        TimeSpan queue = _time.GetElapsedTime(0, response.Answer.QueueTicks);
        TimeSpan compute = _time.GetElapsedTime(0, response.Answer.ComputeTicks);
        for (int row = 0; row < rows; row++)
        {
            Show(new PredictionRecord
            {
                Model = model,
                Id = response.Id,
                Row = row,
                Version = response.Version,
                Variant = routing.Variant,
                Propensity = routing.Propensity,
                RoutingKey = routing.Key,
                Timestamp = now,
                Duration = duration,
                QueueTime = queue,
                ComputeTime = compute,
                Features = input.HasRows ? features.Slice(row * featuresPerRow, featuresPerRow) : features,
                FeatureNames = signature.FeatureNames ?? featureNames,
                Outputs = outputs.Slice(row * outputsPerRow, outputsPerRow),
            });
        }
    }

    /// <summary>Tells everybody of an outcome; those who have no room for it drop and count it.</summary>
    public void OnOutcome(in PredictionOutcome outcome)
    {
        foreach (IOutcomeObserver observer in environment.OutcomeObservers)
        {
            try
            {
                observer.OnOutcome(in outcome);
            }
            catch (Exception exception)
            {
                Failed(observer.GetType().Name, exception);
            }
        }

        TellHandlers(in outcome);
    }

    /// <summary>Tells everybody, and waits for those who have no room.</summary>
    /// <returns>False when one of them had none within its time. Those after it were not told.</returns>
    public async ValueTask<bool> OnOutcomeAsync(PredictionOutcome outcome, CancellationToken cancellationToken)
    {
        foreach (IOutcomeObserver observer in environment.OutcomeObservers)
        {
            try
            {
                if (!await observer.OnOutcomeAsync(outcome, cancellationToken).ConfigureAwait(false))
                    return false;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception exception)
            {
                Failed(observer.GetType().Name, exception);
            }
        }

        TellHandlers(in outcome);
        return true;
    }

    public void Failed(string observer, Exception exception)
    {
        environment.Telemetry.RecordObserverFailure(model);
        if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
            ServingLog.ObserverFailed(environment.Logger, observer, model, exception);
    }

    private void TellHandlers(in PredictionOutcome outcome)
    {
        environment.Telemetry.RecordOutcome(model);
        foreach (OutcomeHandler handler in outcomeHandlers)
        {
            try
            {
                handler(in outcome);
            }
            catch (Exception exception)
            {
                Failed(nameof(OutcomeHandler), exception);
            }
        }
    }

    private void Show(in PredictionRecord record)
    {
        foreach (IPredictionObserver observer in _observers)
        {
            try
            {
                observer.OnPrediction(in record);
            }
            catch (Exception exception)
            {
                Failed(observer.GetType().Name, exception);
            }
        }
    }

    /// <summary>Rows of a call that was answered: the first dimension of its inputs that count rows.</summary>
    public static int Rows(ModelSignature signature, TensorRequest request)
    {
        foreach (TensorSpec input in signature.Inputs)
            if (input.HasRows)
                return (int)request.Tensors[request.IndexOf(input.Name)].Shape[0];

        return 1;
    }

    private static ReadOnlySpan<float> Floats(TensorDataType type, ReadOnlySpan<byte> bytes) =>
        type == TensorDataType.Float32 ? MemoryMarshal.Cast<byte, float>(bytes) : [];
}
