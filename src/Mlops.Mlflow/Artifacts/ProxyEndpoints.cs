using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mlops.Registry;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow-artifacts/*</c>: clients read and write files through the server and need no access to where they are kept.</summary>
internal sealed class ProxyEndpoints(ProxyFolders folders, RunArtifacts artifacts, VersionFiles versions, MlflowOptions options)
{
    private const string Root = "mlflow-artifacts/artifacts";
    private const string File = Root + "/{**path}";

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("GET", Root, ListAsync),
        new("GET", File, GetAsync),
        new("PUT", File, PutAsync) { Body = RouteBody.File },
        new("DELETE", File, DeleteAsync) { Body = RouteBody.File },
        new("POST", "mlflow-artifacts/mpu/{action}/{**path}", RefusePartsAsync) { Body = RouteBody.File },
    ];

    private async Task ListAsync(MlflowCall call)
    {
        string? asked = call.Fields.Text("path");
        if (await folders.FindAsync(asked, call.Cancelled).ConfigureAwait(false) is { } above)
        {
            await call.AnswerAsync(writer => ArtifactTree.Write(writer, above, "")).ConfigureAwait(false);
            return;
        }

        ProxyPath path = ProxyPath.Read(asked);
        IEnumerable<(string Name, long Length)> files;
        if (path.Version is { } version)
        {
            files = await versions.ListAsync(await versions.GetAsync(version.Model, version.Number, call.Cancelled).ConfigureAwait(false), call.Cancelled).ConfigureAwait(false);
        }
        else
        {
            RunRecord run = await artifacts.GetRunAsync(path.Run!.Value, call.Cancelled).ConfigureAwait(false);
            files = await artifacts.ListAsync(run.Id, call.Cancelled).ConfigureAwait(false);
        }

        await call.AnswerAsync(writer => ArtifactTree.Write(writer, ArtifactTree.ChildrenOf(path.Name, files), "")).ConfigureAwait(false);
    }

    private async Task GetAsync(MlflowCall call)
    {
        ProxyPath path = PathOf(call);
        if (path.Version is { } version)
        {
            ModelVersion found = await versions.GetAsync(version.Model, version.Number, call.Cancelled).ConfigureAwait(false);
            await versions.SendAsync(call.Http, found, path.Name).ConfigureAwait(false);
            return;
        }

        RunRecord run = await artifacts.GetRunAsync(path.Run!.Value, call.Cancelled).ConfigureAwait(false);
        await artifacts.SendAsync(call.Http, run.Id, path.Name).ConfigureAwait(false);
    }

    private async Task PutAsync(MlflowCall call)
    {
        ProxyPath path = PathOf(call);
        RunRecord run = await artifacts.GetRunAsync(RequireRun(path), call.Cancelled).ConfigureAwait(false);
        await artifacts.TakeInAsync(call.Http, run.Id, path.Name, options.MaximumArtifactBytes).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    private async Task DeleteAsync(MlflowCall call)
    {
        ProxyPath path = PathOf(call);
        RunRecord run = await artifacts.GetRunAsync(RequireRun(path), call.Cancelled).ConfigureAwait(false);
        await artifacts.RemoveAsync(run.Id, path.Name, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync().ConfigureAwait(false);
    }

    // Clients then send the file in one piece.
    private static Task RefusePartsAsync(MlflowCall call) => throw new ProtocolException(
        ErrorCode.NotImplemented, "Multipart upload is not supported for the current artifact repository (_UnsupportedMultipartUploadException).");

    private static ProxyPath PathOf(MlflowCall call) => ProxyPath.Read(DecodedPathOf(call.Http) ?? call.Http.Request.RouteValues["path"] as string);

    /// <summary>
    /// The path decoded once. Web servers leave <c>%2F</c> as it is, so that it would look like the <c>%252F</c> of a name with a percent sign;
    /// null where the request's own text is not known.
    /// </summary>
    private static string? DecodedPathOf(HttpContext context)
    {
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        int at = target.IndexOf(Root + "/", StringComparison.OrdinalIgnoreCase), query = target.IndexOf('?', StringComparison.Ordinal);
        return at < 0 ? null : WireText.Require(Uri.UnescapeDataString(target[(at + Root.Length + 1)..(query < 0 ? target.Length : query)]), "path");
    }

    private static (string Experiment, string Id) RequireRun(ProxyPath path) =>
        path.Run ?? throw new ProtocolException(ErrorCode.PermissionDenied, "The files of a registered version never change.");
}
