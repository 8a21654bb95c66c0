using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Every row of the protocol, and the routes that lead to them.</summary>
internal sealed class MlflowApi
{
    // Clients read it to learn what they may ask for.
    private const string Version = "2.22.0";

    private readonly List<MlflowRoute> _routes;
    private readonly MlflowDispatch _dispatch;

    public MlflowApi(Tracker tracker, ModelRegistry registry, IOptions<MlflowOptions> options, ILogger<MlflowApi> logger)
    {
        MlflowOptions known = options.Value;
        var experiments = new ExperimentIds(tracker);
        var artifacts = new RunArtifacts(tracker);
        var versions = new VersionFiles(registry);
        var values = new LongValues(known);
        _dispatch = new MlflowDispatch(known, logger);
        _routes =
        [
            .. new ExperimentEndpoints(tracker, experiments).Routes,
            .. new RunEndpoints(tracker, experiments, values).Routes,
            .. new RunLogEndpoints(tracker, values).Routes,
            .. new DatasetEndpoints(tracker, experiments).Routes,
            .. new MetricEndpoints(MetricHistory.Of(tracker)).Routes,
            .. new ArtifactEndpoints(tracker, artifacts).Routes,
            .. new ProxyEndpoints(new ProxyFolders(tracker, registry, experiments), artifacts, versions, known).Routes,
            .. new ModelEndpoints(registry).Routes,
            .. new VersionEndpoints(registry, versions, new VersionSource(tracker, registry, versions)).Routes,
            new("GET", "health", static call => AnswerAsync(call, "OK")) { IsAtRoot = true },
            new("GET", "version", static call => AnswerAsync(call, Version)) { IsAtRoot = true },
        ];
    }

    public RouteGroupBuilder Map(IEndpointRouteBuilder endpoints)
    {
        RouteGroupBuilder group = endpoints.MapGroup("");
        foreach (MlflowRoute route in _routes)
        {
            RequestDelegate handler = _dispatch.Of(route);
            foreach (string pattern in route.Patterns)
            {
                // At the root the host may have endpoints of the same path, /health for example; then those answer.
                group.MapMethods(pattern, [route.Method], handler).WithOrder(route.IsAtRoot ? 1 : 0);
            }
        }

        // Whatever else is asked for below the prefixes, also with another method, is answered in the protocol's own words.
        foreach (string prefix in MlflowRoute.Prefixes)
        {
            foreach (string part in (ReadOnlySpan<string>)["mlflow", "mlflow-artifacts"])
            {
                var route = new MlflowRoute("*", $"{part}/{{**rest}}", RefuseAsync) { Body = RouteBody.None };
                group.Map(prefix + route.Path, _dispatch.Of(route));
            }
        }

        return group;
    }

    private static Task AnswerAsync(MlflowCall call, string text)
    {
        call.Http.Response.ContentType = "text/plain";
        return call.Http.Response.WriteAsync(text, call.Cancelled);
    }

    private static Task RefuseAsync(MlflowCall call) =>
        throw new ProtocolException(ErrorCode.EndpointNotFound, "The API has no such endpoint, or not with this method.");
}
