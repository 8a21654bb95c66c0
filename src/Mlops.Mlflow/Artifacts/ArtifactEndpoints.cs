using Microsoft.AspNetCore.Http.Features;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Files of runs by the run's id: <c>mlflow/artifacts/list</c>, <c>get-artifact</c>, <c>mlflow/upload-artifact</c>.</summary>
internal sealed class ArtifactEndpoints(Tracker tracker, RunArtifacts artifacts)
{
    private const int MaximumUploadBytes = 10 * 1024 * 1024;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("GET", "mlflow/artifacts/list", ListAsync),
        new("GET", "get-artifact", GetAsync) { IsAtRoot = true },
        new("POST", "mlflow/upload-artifact", UploadAsync) { Body = RouteBody.File },
    ];

    private async Task ListAsync(MlflowCall call)
    {
        string path = SafePath.Read(call.Fields.Text("path"));
        RunRecord run = await tracker.GetRunAsync(RunIds.Read(call.Fields), call.Cancelled).ConfigureAwait(false);
        SortedDictionary<string, long?> children = ArtifactTree.ChildrenOf(path, await artifacts.ListAsync(run.Id, call.Cancelled).ConfigureAwait(false));
        await call.AnswerAsync(writer =>
        {
            writer.WriteString("root_uri", ProxyPath.RootOf(run));
            ArtifactTree.Write(writer, children, path.Length == 0 ? "" : path + "/");
        }).ConfigureAwait(false);
    }

    private Task GetAsync(MlflowCall call) => artifacts.SendAsync(call.Http, RunIds.Read(call.Fields), SafePath.Read(call.Fields.Text("path")));

    /// <summary>In the words of MLflow: first whose file it is, then its name, then the file.</summary>
    private async Task UploadAsync(MlflowCall call)
    {
        string id = call.Fields.Text("run_uuid") is { Length: > 0 } given ? RunIds.Require(given) : throw ProtocolException.Invalid("Request must specify run_uuid.");
        RunRecord run = await tracker.GetRunAsync(id, call.Cancelled).ConfigureAwait(false);
        string path = call.Fields.Text("path") is { Length: > 0 } named ? SafePath.Read(named) : throw ProtocolException.Invalid("Request must specify path.");
        if (call.Http.Request.ContentLength is 0 || call.Http.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            throw ProtocolException.Invalid("Request must specify data.");
        }

        await artifacts.TakeInAsync(call.Http, run.Id, path, MaximumUploadBytes).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }
}
