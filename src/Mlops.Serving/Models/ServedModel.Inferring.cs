using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Mlops.Serving;

public sealed partial class ServedModel
{
    /// <summary>
    /// Computes outputs from inputs, any number of rows of any types. <paramref name="request"/> must stay as it is until the task completes,
    /// and is the caller's again then.
    /// </summary>
    /// <param name="request">Inputs by name, in any order, and the outputs that are wanted.</param>
    /// <param name="options">Time, priority, routing key or version.</param>
    /// <param name="cancellationToken">Withdraws the call; one that runs on the caller's thread is not interrupted.</param>
    /// <returns>The outputs; dispose of them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not positive, or there is no such priority.</exception>
    /// <exception cref="InvalidInputException">The inputs or wishes do not fit the model.</exception>
    /// <exception cref="ModelUnavailableException">No version serves yet.</exception>
    /// <exception cref="ModelVersionNotFoundException">The version that was asked for is not loaded.</exception>
    /// <exception cref="ModelOverloadedException">Too many calls wait for it to be answered in time.</exception>
    /// <exception cref="PredictionTimeoutException">It was not answered in time.</exception>
    /// <exception cref="PredictionException">The runtime failed, or gave NaN or infinity where <see cref="ModelOptions.RequireFinite"/> asks for finite outputs.</exception>
    /// <exception cref="ObjectDisposedException">The server has been disposed.</exception>
    public ValueTask<TensorResponse> InferAsync(TensorRequest request, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<TensorResponse>(cancellationToken);

        long started = TimeProvider.GetTimestamp();
        var terms = CallTerms.Of(options, Options, started, TimeProvider);
        Activity? activity = ServingTelemetry.StartPrediction(Name);
        ModelSnapshot? snapshot = null;
        TensorResponse? response = null;
        Routing routing = default;
        bool isQueued = false;
        try
        {
            snapshot = Acquire(options, isRouted: true, out routing);
            response = new TensorResponse(Name, PredictionId.Next(), snapshot.Version, routing.Variant, _answers);
            ValueTask answer = snapshot.Executor.RunAsync(request, response.Answer, terms, started, cancellationToken);
            if (!answer.IsCompletedSuccessfully)
            {
                isQueued = true;
                ValueTask<TensorResponse> waiting = FinishAsync(answer, request, response, snapshot, routing, started, activity);
                ServingTelemetry.Leave(activity);
                return waiting;
            }

            answer.GetAwaiter().GetResult();
            Answered(request, response, snapshot, routing, started, activity);
            return new ValueTask<TensorResponse>(response);
        }
        catch (Exception exception)
        {
            response?.Dispose();
            Failed(exception, routing, started, activity);
            return ValueTask.FromException<TensorResponse>(exception);
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

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TensorResponse> FinishAsync(
        ValueTask answer, TensorRequest request, TensorResponse response, ModelSnapshot snapshot, Routing routing, long started, Activity? activity)
    {
        try
        {
            await answer.ConfigureAwait(false);
            Answered(request, response, snapshot, routing, started, activity);
            return response;
        }
        catch (Exception exception)
        {
            response.Dispose();
            Failed(exception, routing, started, activity);
            throw;
        }
        finally
        {
            snapshot.Release();
            activity?.Dispose();
        }
    }

    private void Answered(TensorRequest request, TensorResponse response, ModelSnapshot snapshot, in Routing routing, long started, Activity? activity)
    {
        bool isShadowed = Shadow?.Wants(routing.Deployment) == true;
        if (routing.IsEvidence || isShadowed)
        {
            TensorSpec output = snapshot.Signature.Outputs[snapshot.Output];
            int place = response.Answer.Outputs.IndexOf(output.Name);
            ReadOnlySpan<byte> selected = place < 0 ? [] : response.Answer.Outputs[place].Bytes;
            int rows = ModelObservers.Rows(snapshot.Signature, request);
            double ticks = response.Answer.RunRows == rows ? (double)response.Answer.ComputeTicks / rows : 0;
            routing.Answered(response.Answer.Run, response.Id, output, selected);
            if (isShadowed)
                Shadow!.Offer(snapshot, request, selected, ticks, rows);
        }

        if (Observers.SeePredictions)
            Observers.OnPredictions(snapshot, request, response, routing, started);
        if (Telemetry.RecordsRequests)
            Telemetry.RecordRequest(Name, TimeProvider.GetElapsedTime(started));
        ServingTelemetry.Describe(activity, response.Version, response.Answer, TimeProvider);
    }

    private void Failed(Exception exception, in Routing routing, long started, Activity? activity)
    {
        routing.Failed(exception);
        if (Telemetry.RecordsRequests)
            Telemetry.RecordFailure(Name, TimeProvider.GetElapsedTime(started), exception);
        ServingTelemetry.Describe(activity, exception);
    }
}
