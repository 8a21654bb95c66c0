using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

/// <summary>The Open Inference Protocol over gRPC, with Triton's extensions. One for all calls; thread-safe.</summary>
internal sealed partial class GrpcInferenceService(ModelServer server, IOptions<InferenceOptions> options, GrpcDrain drain, ILogger<GrpcInferenceService> logger)
    : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        try
        {
            ModelInferResponse answer = await InferAsync(request, context).ConfigureAwait(false);
            context.GetHttpContext().Response.Headers[GrpcParameters.PredictionId] = answer.Parameters[GrpcParameters.PredictionId].StringParam;
            return answer;
        }
        catch (Exception exception)
        {
            throw GrpcErrors.Of(exception, logger, context.Method);
        }
    }

    private async ValueTask<ModelInferResponse> InferAsync(ModelInferRequest request, ServerCallContext context)
    {
        ServedModel model = server.Get(request.ModelName);
        PredictionOptions terms = GrpcParameters.Options(request, context.Deadline);
        TensorRequest inputs = GrpcInputs.Read(request, options.Value);
        using TensorResponse response = await model.InferAsync(inputs, terms, context.CancellationToken).ConfigureAwait(false);
        return GrpcOutputs.Write(response, request);
    }
}
