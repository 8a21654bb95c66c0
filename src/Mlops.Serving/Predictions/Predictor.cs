using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mlops.Serving;

internal sealed class Predictor<TIn, TOut>(ServedModel model, InputContract<TIn> input, OutputContract<TOut> output, PredictionHandler<TIn, TOut>[] handlers)
    : IPredictor<TIn, TOut>
{
    private readonly ServingTelemetry _telemetry = model.Telemetry;
    private readonly IPredictionObserver[] _observers = model.Observers;
    private int _observerHasFailed;

    public string Model => model.Name;

    public ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Prediction<TOut>>(cancellationToken);

        bool isTimed = _observers.Length > 0 || _telemetry.RecordsRequests;
        long started = isTimed ? model.TimeProvider.GetTimestamp() : 0;
        using Activity? activity = ServingTelemetry.StartPrediction(model.Name);
        try
        {
            Prediction<TOut> prediction = Predict(input, started);
            if (isTimed)
                _telemetry.RecordRequest(model.Name, model.TimeProvider.GetElapsedTime(started));
            ServingTelemetry.Describe(activity, prediction.Version);
            return new ValueTask<Prediction<TOut>>(prediction);
        }
        catch (Exception exception)
        {
            if (isTimed)
                _telemetry.RecordFailure(model.Name, model.TimeProvider.GetElapsedTime(started), exception);
            ServingTelemetry.Describe(activity, exception);
            if (exception is ArgumentException)
                throw;
            return ValueTask.FromException<Prediction<TOut>>(exception);
        }
    }

    private Prediction<TOut> Predict(TIn row, long started)
    {
        Deployment deployment = model.Route(default);
        ModelSnapshot snapshot = deployment.Acquire();
        IModelSlot? slot = null;
        bool isSound = true;
        try
        {
            try
            {
                slot = snapshot.Slots.Rent();
            }
            catch (Exception exception)
            {
                throw new PredictionException(model.Name, snapshot.Version, exception);
            }

            // What the writer leaves out must not show the row before.
            for (int i = 0; i < snapshot.Signature.Inputs.Count; i++)
                if (snapshot.Signature.Inputs[i].Type != TensorDataType.Text)
                    slot.GetInput(i, rows: 1).Clear();
            input.Write(row, new ModelInputs(slot, snapshot.Signature));

            try
            {
                slot.Run(rows: 1);
            }
            catch (Exception exception)
            {
                isSound = false;
                throw new PredictionException(model.Name, snapshot.Version, exception);
            }

            TOut value = output.Read(new ModelOutputs(slot, snapshot.Signature, snapshot.Output));
            var prediction = new Prediction<TOut>(value, PredictionId.Next(), snapshot.Version, deployment.Role);
            if (_observers.Length > 0)
                Observe(snapshot, slot, prediction, started);
            foreach (PredictionHandler<TIn, TOut> handler in handlers)
                Handle(handler, row, prediction);
            return prediction;
        }
        finally
        {
            if (slot is not null)
                snapshot.Slots.Return(slot, isSound);
            snapshot.Release();
        }
    }

    private void Observe(ModelSnapshot snapshot, IModelSlot slot, in Prediction<TOut> prediction, long started)
    {
        var record = new PredictionRecord
        {
            Model = model.Name,
            Id = prediction.Id,
            Version = prediction.Version,
            Variant = prediction.Variant,
            Timestamp = model.TimeProvider.GetUtcNow(),
            Duration = model.TimeProvider.GetElapsedTime(started),
            Features = Floats(snapshot.Signature.Inputs[0], slot.GetInput(0, rows: 1)),
            Outputs = Floats(snapshot.Signature.Outputs[snapshot.Output], slot.GetOutput(snapshot.Output, rows: 1)),
        };

        foreach (IPredictionObserver observer in _observers)
        {
            try
            {
                observer.OnPrediction(in record);
            }
            catch (Exception exception)
            {
                ObserverFailed(observer.GetType().Name, exception);
            }
        }
    }

    private void Handle(PredictionHandler<TIn, TOut> handler, TIn row, in Prediction<TOut> prediction)
    {
        try
        {
            handler(row, in prediction);
        }
        catch (Exception exception)
        {
            ObserverFailed(nameof(PredictionHandler<,>), exception);
        }
    }

    private void ObserverFailed(string observer, Exception exception)
    {
        _telemetry.RecordObserverFailure(model.Name);
        if (Interlocked.Exchange(ref _observerHasFailed, 1) == 0)
            ServingLog.ObserverFailed(model.Logger, observer, model.Name, exception);
    }

    private static ReadOnlySpan<float> Floats(TensorSpec spec, ReadOnlySpan<byte> bytes) =>
        spec.Type == TensorDataType.Float32 ? MemoryMarshal.Cast<byte, float>(bytes) : [];
}
