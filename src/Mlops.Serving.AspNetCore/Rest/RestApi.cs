using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.AspNetCore;

/// <summary>Every REST endpoint and the path that leads to it.</summary>
internal sealed class RestApi
{
    private const string V2 = "/v2";
    private const string Model = V2 + "/models/{" + RequestRoute.Model + "}";
    private const string Version = Model + "/versions/{" + RequestRoute.Version + "}";
    private const string Repository = V2 + "/repository/models/{" + RequestRoute.Model + "}";
    private const string TensorFlowModel = "/v1/models/{" + RequestRoute.Model + "}";
    private const string TensorFlowVersion = TensorFlowModel + "/versions/{" + RequestRoute.Version + "}";

    private readonly ModelEndpoints _models;
    private readonly InferEndpoint _infer;
    private readonly StatisticsEndpoints _statistics;
    private readonly RepositoryEndpoints _repository;
    private readonly OutcomeEndpoint _outcomes;
    private readonly LogEndpoint _log;
    private readonly PredictEndpoint _predict;
    private readonly StatusEndpoints _status;
    private readonly InferenceOptions _options;
    private readonly RestDispatch _dispatch;

    public RestApi(ModelServer server, IOptions<InferenceOptions> options, ILogger<RestApi> logger, PredictionLog? log = null)
    {
        _options = options.Value;
        _dispatch = new RestDispatch(_options, logger);
        var replies = new JsonReplies(_options);
        var calls = new InferCalls(_options);
        _models = new ModelEndpoints(server, replies);
        _infer = new InferEndpoint(server, calls, _options);
        _statistics = new StatisticsEndpoints(server, replies);
        _repository = new RepositoryEndpoints(server, replies, _options);
        _outcomes = new OutcomeEndpoint(server, replies, _options);
        _log = new LogEndpoint(log, _options);
        _predict = new PredictEndpoint(server, calls, _options);
        _status = new StatusEndpoints(server, replies);
    }

    public RouteGroupBuilder Map(IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder group = endpoints.MapGroup("");
        Get(V2 + "/health/live", _models.LiveAsync);
        Get(V2 + "/health/ready", _models.ReadyAsync);
        Get(V2, _models.DescribeServerAsync);
        foreach (string model in (string[])[Model, Version])
        {
            Get(model, _models.DescribeModelAsync);
            Get(model + "/ready", _models.ModelReadyAsync);
            Get(model + "/stats", _statistics.OfModelAsync);
            Post(model + "/infer", InferenceAccess.Infer, _infer.InferAsync);
        }

        Get(V2 + "/models/stats", _statistics.OfAllAsync);
        Post(Model + "/outcomes", InferenceAccess.Outcome, _outcomes.RecordAsync);
        Add("GET", Model + "/predictions", InferenceAccess.Log, _log.ListAsync);
        Post(V2 + "/repository/index", InferenceAccess.Read, _repository.IndexAsync);
        Post(Repository + "/load", InferenceAccess.Manage, _repository.LoadAsync);
        Post(Repository + "/unload", InferenceAccess.Manage, _repository.UnloadAsync);
        foreach (string model in (string[])[TensorFlowModel, TensorFlowVersion])
        {
            Get(model, _status.StatusAsync);
            Get(model + "/metadata", _status.MetadataAsync);
            Post(model + ":predict", InferenceAccess.Infer, _predict.PredictAsync);
        }

        return group;

        void Get(string path, Func<HttpContext, Task> handle) => Add("GET", path, InferenceAccess.Read, handle);

        void Post(string path, InferenceAccess access, Func<HttpContext, Task> handle) => Add("POST", path, access, handle);

        void Add(string method, string path, InferenceAccess access, Func<HttpContext, Task> handle) =>
            group.MapMethods(path, [method], _dispatch.Of(handle)).Add(endpoint => access.Apply(endpoint, _options));
    }
}
