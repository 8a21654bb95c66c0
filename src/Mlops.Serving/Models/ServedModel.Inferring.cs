using System.Diagnostics;

namespace Mlops.Serving;

public sealed partial class ServedModel
{
    /// <summary>
    /// Computes outputs from inputs, any number of rows of any types. <paramref name="request"/> must stay as it is until the task completes,
    /// and is the caller's again then.
    /// </summary>
    /// <param name="request">Inputs by name, in any order, and the outputs that are wanted.</param>
    /// <param name="options">Time, priority, routing key or version.</param>
    /// <param name="cancellationToken">Withdraws the call until it runs.</param>
    /// <returns>The outputs; dispose of them.</returns>
    /// <exception cref="InvalidInputException">The inputs or wishes do not fit the model.</exception>
    /// <exception cref="ModelUnavailableException">No version serves yet.</exception>
    /// <exception cref="ModelVersionNotFoundException">The version that was asked for is not loaded.</exception>
    /// <exception cref="ModelOverloadedException">Too many calls wait for it to be answered in time.</exception>
    /// <exception cref="PredictionTimeoutException">It was not answered in time.</exception>
    /// <exception cref="PredictionException">The runtime failed.</exception>
    /// <exception cref="ObjectDisposedException">The server has been disposed.</exception>
    public ValueTask<TensorResponse> InferAsync(TensorRequest request, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<TensorResponse>(cancellationToken);

        long started = TimeProvider.GetTimestamp();
        using Activity? activity = ServingTelemetry.StartPrediction(Name);
        try
        {
            TensorResponse response = Infer(request, Route(options));
            Telemetry.RecordRequest(Name, TimeProvider.GetElapsedTime(started));
            ServingTelemetry.Describe(activity, response.Version);
            return new ValueTask<TensorResponse>(response);
        }
        catch (Exception exception)
        {
            Telemetry.RecordFailure(Name, TimeProvider.GetElapsedTime(started), exception);
            ServingTelemetry.Describe(activity, exception);
            return ValueTask.FromException<TensorResponse>(exception);
        }
    }

    private TensorResponse Infer(TensorRequest request, Deployment deployment)
    {
        ModelSnapshot snapshot = deployment.Acquire();
        var response = new TensorResponse(Name, PredictionId.Next(), snapshot.Version, deployment.Role, _outputs);
        try
        {
            RequestLayout layout = RequestLayout.Of(Name, request, snapshot.Signature);
            Run(request, snapshot, layout, response);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
        finally
        {
            snapshot.Release();
        }
    }

    private void Run(TensorRequest request, ModelSnapshot snapshot, RequestLayout layout, TensorResponse response)
    {
        try
        {
            using IModelSlot slot = snapshot.CreateSlot(layout.ToSlotShape());
            layout.CopyInputs(request, slot);
            slot.Run(layout.Rows);
            layout.CopyOutputs(slot, response);
        }
        catch (OverflowException)
        {
            throw new InvalidInputException(Name, $"the inputs and outputs of {layout.Rows} rows are longer than 2 GiB; send fewer at a time");
        }
        catch (Exception exception)
        {
            throw new PredictionException(Name, snapshot.Version, exception);
        }
    }
}
