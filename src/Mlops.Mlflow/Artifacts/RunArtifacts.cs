using Microsoft.AspNetCore.Http;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>Files of runs, as the endpoints list, send, take in and remove them.</summary>
internal sealed class RunArtifacts(Tracker tracker)
{
    public async Task<IEnumerable<(string Name, long Length)>> ListAsync(string runId, CancellationToken cancellationToken)
    {
        IReadOnlyList<RunArtifact> artifacts = await tracker.ListArtifactsAsync(runId, cancellationToken).ConfigureAwait(false);
        return artifacts.Select(static artifact => (artifact.Name, artifact.Length));
    }

    /// <exception cref="ProtocolException">The run is not in that experiment, or there is none.</exception>
    public async Task<RunRecord> GetRunAsync((string Experiment, string Id) path, CancellationToken cancellationToken)
    {
        RunRecord? run = RunIds.IsId(path.Id) ? await tracker.FindRunAsync(path.Id, cancellationToken).ConfigureAwait(false) : null;
        return run is not null && ExperimentIds.IdOf(run) == path.Experiment
            ? run
            : throw ProtocolException.NotFound($"Run with id={path.Id} not found in experiment {path.Experiment}");
    }

    public async Task SendAsync(HttpContext context, string runId, string name)
    {
        if (name.Length == 0)
        {
            throw ProtocolException.Missing("path");
        }

        await FileAnswer.SendAsync(context, name, await tracker.OpenArtifactAsync(runId, name, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    public async Task TakeInAsync(HttpContext context, string runId, string name, long maximumBytes)
    {
        if (name.Length == 0)
        {
            throw ProtocolException.Missing("path");
        }

        RequestBody.Limit(context, maximumBytes);
        if (context.Request.ContentLength > maximumBytes)
        {
            throw RequestBody.TooLarge(maximumBytes);
        }

        var body = new LimitedStream(context.Request.Body, maximumBytes);
        await using (body.ConfigureAwait(false))
        {
            await tracker.LogArtifactAsync(runId, name, body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Removes a file, or everything in a folder. What is not there is no error.</summary>
    public async Task RemoveAsync(string runId, string path, CancellationToken cancellationToken)
    {
        foreach ((string name, _) in await ListAsync(runId, cancellationToken).ConfigureAwait(false))
        {
            if (ArtifactTree.IsAtOrBelow(name, path))
            {
                await tracker.RemoveArtifactAsync(runId, name, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
