using System.Globalization;
using Grpc.Core;
using Mlops.Serving.AspNetCore.Wire;

namespace Mlops.Serving.AspNetCore;

internal sealed partial class GrpcInferenceService
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerLiveResponse { Live = server.IsLive });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerReadyResponse { Ready = server.IsReady });

    /// <summary>What is not known is not ready: Triton's clients wait like that for a model that is yet to come.</summary>
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) => Answer(context, () =>
    {
        long? number = GrpcParameters.Version(request.Version);
        ServedModel? model = server.Find(request.Name);
        bool isReady = model is { IsReady: true } && (number is null || FindVersion(model, number) is not null);
        return new ModelReadyResponse { Ready = isReady };
    });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = ModelEndpoints.ServerName, Version = ModelEndpoints.ServerVersion, Extensions = { ModelEndpoints.Extensions } });

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context) => Answer(context, () =>
    {
        ServedModel model = server.Get(request.Name);
        ServedVersion version = GetVersion(model, request.Version);
        return new ModelMetadataResponse
        {
            Name = model.Name,
            Versions = { model.Versions.Select(static one => one.Number).Order().Select(Text) },
            Platform = version.Signature.Platform,
            Inputs = { version.Signature.Inputs.Select(Describe) },
            Outputs = { version.Signature.Outputs.Select(Describe) },
        };
    });

    public override Task<ModelConfigResponse> ModelConfig(ModelConfigRequest request, ServerCallContext context) => Answer(context, () =>
    {
        ServedModel model = server.Get(request.Name);
        return new ModelConfigResponse { Config = GrpcModelConfig.Of(model.Name, GetVersion(model, request.Version).Signature) };
    });

    public override Task<ModelStatisticsResponse> ModelStatistics(ModelStatisticsRequest request, ServerCallContext context) => Answer(context, () =>
    {
        long? number = GrpcParameters.Version(request.Version);
        IEnumerable<ServedModel> models = request.Name.Length == 0 ? server.Models : [server.Get(request.Name)];
        if (request.Name.Length > 0 && number is not null)
            GetVersion(server.Get(request.Name), request.Version);

        var answer = new ModelStatisticsResponse();
        foreach (ServedModel model in models)
            foreach (Serving.ModelStatistics statistics in model.Statistics)
                if (number is null || statistics.Version.Number == number)
                    answer.ModelStats.Add(GrpcStatistics.Of(model.Name, statistics));
        return answer;
    });

    /// <summary>Runs what answers at once, with the errors of the protocol.</summary>
    private Task<T> Answer<T>(ServerCallContext context, Func<T> answer)
    {
        try
        {
            return Task.FromResult(answer());
        }
        catch (Exception exception)
        {
            throw GrpcErrors.Of(exception, logger, context.Method);
        }
    }

    private static ServedVersion? FindVersion(ServedModel model, long? number) =>
        number is null ? model.Version : model.Versions.FirstOrDefault(version => version.Number == number);

    private static ServedVersion GetVersion(ServedModel model, string number) => FindVersion(model, GrpcParameters.Version(number))
        ?? throw (number.Length == 0
            ? GrpcErrors.Unavailable(model.Name)
            : new RpcException(new Status(StatusCode.NotFound, $"Model '{model.Name}' has no version {number}.")));

    private static ModelMetadataResponse.Types.TensorMetadata Describe(TensorSpec spec) =>
        new() { Name = spec.Name, Datatype = WireTypes.NameOf(spec.Type), Shape = { spec.Shape } };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
