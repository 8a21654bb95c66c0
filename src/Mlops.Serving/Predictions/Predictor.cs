using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Mlops.Serving;

internal sealed partial class Predictor<TIn, TOut>(
    ServedModel model, InputContract<TIn> input, OutputContract<TOut> output, Func<TIn, string?>? stickyBy, PredictionHandler<TIn, TOut>[] handlers)
    : IPredictor<TIn, TOut>
{
    private readonly ServingTelemetry _telemetry = model.Telemetry;
    private readonly ModelObservers _observers = model.Observers;

    public string Model => model.Name;

    public ValueTask<Prediction<TOut>> PredictAsync(TIn input, CancellationToken cancellationToken = default) => Predict(input, default, isRouted: true, cancellationToken);

    public ValueTask<Prediction<TOut>> PredictAsync(TIn input, PredictionOptions options, CancellationToken cancellationToken = default) => Predict(input, options, isRouted: true, cancellationToken);

    private ValueTask<Prediction<TOut>> Predict(TIn row, PredictionOptions options, bool isRouted, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<Prediction<TOut>>(cancellationToken);

        long started = model.TimeProvider.GetTimestamp();
        Activity? activity = ServingTelemetry.StartPrediction(model.Name);
        ModelSnapshot? snapshot = null;
        Routing routing = default;
        bool isQueued = false;
        try
        {
            var terms = CallTerms.Of(options, model.Options, started, model.TimeProvider);
            if (stickyBy is not null && options.RoutingKey is null)
                options = options with { RoutingKey = stickyBy(row) };
            snapshot = model.Acquire(options, isRouted, out routing);
            if (snapshot.Executor.RowGroup is not { } group)
                throw new InvalidInputException(model.Name, $"the sizes of its inputs are not fixed: {snapshot.Signature}; call it with a {nameof(TensorRequest)}");

            if (snapshot.Executor.TryRentHere(group, terms) is { } slot)
                return new ValueTask<Prediction<TOut>>(PredictHere(row, routing, snapshot, slot, terms, started, activity));

            ValueTask<Prediction<TOut>> waiting = PredictQueuedAsync(row, routing, snapshot, group, terms, started, activity, cancellationToken);
            isQueued = true;
            ServingTelemetry.Leave(activity);
            return waiting;
        }
        catch (Exception exception)
        {
            if (!isQueued)
                Failed(exception, routing, started, activity);
            if (exception is ArgumentException)
                throw;
            return ValueTask.FromException<Prediction<TOut>>(exception);
        }
        finally
        {
            if (!isQueued)
            {
                snapshot?.Release();
                activity?.Dispose();
            }
        }
    }

    private Prediction<TOut> PredictHere(
        TIn row, in Routing routing, ModelSnapshot snapshot, RunSlot slot, in CallTerms terms, long started, Activity? activity)
    {
        ModelExecutor executor = snapshot.Executor;
        IModelSlot buffers = slot.Slot;
        try
        {
            // What the writer leaves out must not show the row before.
            for (int i = 0; i < snapshot.Signature.Inputs.Count; i++)
                buffers.GetInput(i, rows: 1).Clear();
            input.Write(row, new ModelInputs(buffers, snapshot.Signature));
            long copied = model.TimeProvider.GetTimestamp();
            long ran = executor.RunHere(slot, rows: 1, terms, started);
            executor.CheckFinite(slot.Group, buffers, first: 0, rows: 1, all: 1, started);

            var outputs = new ModelOutputs(buffers, snapshot.Signature, snapshot.Output);
            var prediction = new Prediction<TOut>(output.Read(outputs), PredictionId.Next(), snapshot.Version, routing.Variant);
            if (routing.IsEvidence)
                routing.Answered(new RunTime(ran - copied, Rows: 1, copied), prediction.Id, snapshot.Signature.Outputs[snapshot.Output], outputs.Selected);
            if (model.Shadow is { } shadow && shadow.Wants(routing.Deployment))
                shadow.Offer(snapshot, buffers, outputs.Selected, ran - copied);
            if (_observers.SeePredictions)
                _observers.OnPrediction(snapshot, prediction.Id, routing, started, queue: 0, ran - copied, buffers.GetInput(0, rows: 1), outputs.Selected);
            foreach (PredictionHandler<TIn, TOut> handler in handlers)
                Handle(handler, row, prediction);

            long done = model.TimeProvider.GetTimestamp();
            executor.Count(slot, rows: 1, started, copied, ran, done);
            if (_telemetry.RecordsRequests)
                _telemetry.RecordRequest(model.Name, model.TimeProvider.GetElapsedTime(started, done));
            ServingTelemetry.Describe(activity, prediction.Version);
            return prediction;
        }
        finally
        {
            slot.Group.Return(slot);
        }
    }

    /// <summary>
    /// Writes the row on the caller's thread, throwing at once what the writer throws; reads the answer and tells observers on the thread that goes on.
    /// </summary>
    private ValueTask<Prediction<TOut>> PredictQueuedAsync(
        TIn row, in Routing routing, ModelSnapshot snapshot, CallGroup group, in CallTerms terms, long started, Activity? activity,
        CancellationToken cancellationToken)
    {
        RowBuffers buffers = snapshot.Executor.RentRow();
        PredictionId id = PredictionId.Next();
        ValueTask answer;
        try
        {
            input.Write(row, new ModelInputs(buffers.Request, snapshot.Signature));
            answer = snapshot.Executor.QueueAsync(buffers.Call, group, buffers.Request, buffers.Answer, rows: 1, terms, started, cancellationToken);
        }
        catch
        {
            snapshot.Executor.Return(buffers);
            throw;
        }

        return FinishAsync(answer, row, id, buffers, routing, snapshot, started, activity);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Prediction<TOut>> FinishAsync(
        ValueTask answer, TIn row, PredictionId id, RowBuffers buffers, Routing routing, ModelSnapshot snapshot, long started, Activity? activity)
    {
        try
        {
            await answer.ConfigureAwait(false);
            Prediction<TOut> prediction = Read(buffers, id, routing, snapshot, started);
            foreach (PredictionHandler<TIn, TOut> handler in handlers)
                Handle(handler, row, prediction);
            if (_telemetry.RecordsRequests)
                _telemetry.RecordRequest(model.Name, model.TimeProvider.GetElapsedTime(started));
            ServingTelemetry.Describe(activity, snapshot.Version, buffers.Answer, model.TimeProvider);
            return prediction;
        }
        catch (Exception exception)
        {
            Failed(exception, routing, started, activity);
            throw;
        }
        finally
        {
            snapshot.Executor.Return(buffers);
            snapshot.Release();
            activity?.Dispose();
        }
    }

    private Prediction<TOut> Read(RowBuffers buffers, PredictionId id, in Routing routing, ModelSnapshot snapshot, long started)
    {
        var outputs = new ModelOutputs(buffers.Answer, snapshot.Signature, snapshot.Output);
        var prediction = new Prediction<TOut>(output.Read(outputs), id, snapshot.Version, routing.Variant);
        double ticks = buffers.Answer.RunRows == 1 ? buffers.Answer.ComputeTicks : 0;
        if (model.Shadow is { } shadow && shadow.Wants(routing.Deployment))
            shadow.Offer(snapshot, buffers.Request, outputs.Selected, ticks, rows: 1);
        if (routing.IsEvidence)
            routing.Answered(buffers.Answer.Run, id, snapshot.Signature.Outputs[snapshot.Output], outputs.Selected);
        if (_observers.SeePredictions)
        {
            _observers.OnPrediction(
                snapshot, id, routing, started, buffers.Answer.QueueTicks, buffers.Answer.ComputeTicks, buffers.Request.Tensors[0].Bytes, outputs.Selected);
        }

        return prediction;
    }

    private void Failed(Exception exception, in Routing routing, long started, Activity? activity)
    {
        routing.Failed(exception);
        if (_telemetry.RecordsRequests)
            _telemetry.RecordFailure(model.Name, model.TimeProvider.GetElapsedTime(started), exception);
        ServingTelemetry.Describe(activity, exception);
    }

    private void Handle(PredictionHandler<TIn, TOut> handler, TIn row, in Prediction<TOut> prediction)
    {
        try
        {
            handler(row, in prediction);
        }
        catch (Exception exception)
        {
            _observers.Failed(nameof(PredictionHandler<,>), exception);
        }
    }
}
