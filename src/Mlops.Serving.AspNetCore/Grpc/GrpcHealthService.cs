using Grpc.Core;
using Mlops.Serving.AspNetCore.Wire;
using ServingStatus = Mlops.Serving.AspNetCore.Wire.HealthCheckResponse.Types.ServingStatus;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// <c>grpc.health.v1</c>: the server under the empty name and that of the inference service, and each model under its own. Thread-safe.
/// </summary>
internal sealed class GrpcHealthService(ModelServer server, GrpcDrain drain, TimeProvider timeProvider) : Health.HealthBase
{
    private const string Inference = "inference.GRPCInferenceService";
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) => StatusOf(request.Service) is { } status
        ? Task.FromResult(new HealthCheckResponse { Status = status })
        : throw new RpcException(new Status(StatusCode.NotFound, "There is no such service or model."));

    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var response = new HealthListResponse();
        foreach (string name in (IEnumerable<string>)["", Inference, .. server.Models.Select(static model => model.Name)])
            if (StatusOf(name) is { } status)
                response.Statuses[name] = new HealthCheckResponse { Status = status };
        return Task.FromResult(response);
    }

    /// <summary>Tells the status at once, and again within a second of each change, until the client leaves or the server stops.</summary>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Over);
        using var timer = new PeriodicTimer(WatchInterval, timeProvider);
        ServingStatus? told = null;
        try
        {
            do
                told = await TellAsync(StatusOf(request.Service) ?? ServingStatus.ServiceUnknown, told, responseStream, context).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(ending.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            await TellAsync(ServingStatus.NotServing, told, responseStream, context).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client has left.
        }
    }

    private static async ValueTask<ServingStatus> TellAsync(ServingStatus status, ServingStatus? told, IServerStreamWriter<HealthCheckResponse> stream, ServerCallContext context)
    {
        if (status != told)
            await stream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken).ConfigureAwait(false);
        return status;
    }

    /// <summary>How a service or model does; <c>null</c> when there is none of that name.</summary>
    private ServingStatus? StatusOf(string name)
    {
        bool? isReady = name is "" or Inference ? server.IsReady : server.Find(name)?.IsReady;
        return isReady switch
        {
            null => null,
            true when !drain.HasBegun => ServingStatus.Serving,
            _ => ServingStatus.NotServing,
        };
    }
}
