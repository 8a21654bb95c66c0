using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What every run of a tracker shares.</summary>
internal sealed record TrackingEnvironment(
    TrackingStore Store,
    ArtifactCatalog Artifacts,
    TrackingOptions Options,
    TrackingTelemetry Telemetry,
    TimeProvider Time,
    ILogger Logger)
{
    /// <summary>Handles that have not been disposed.</summary>
    public required ConcurrentDictionary<Run, byte> OpenRuns { get; init; }

    /// <summary>Packings on behalf of writes that no handle made.</summary>
    public required RunPackings Packings { get; init; }

    /// <summary>The sign of life of this tracker's runs.</summary>
    public required OwnerLease Lease { get; init; }

    /// <summary>What this process looks like.</summary>
    public required EnvironmentRecorder Surroundings { get; init; }

    /// <summary>Where batches go while the database is away; null for nowhere.</summary>
    public BatchJournal? Journal { get; init; }

    public long Now => UnixMicroseconds.From(Time.GetUtcNow());

    public async Task<RunArtifact> LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken)
    {
        ArtifactUpload upload = await Artifacts.UploadAsync(content, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            var artifact = new RunArtifact(name, upload.Artifact.Hash, upload.Artifact.Length, UnixMicroseconds.ToTime(Now));
            await Store.SetArtifactAsync(runId, artifact, cancellationToken).ConfigureAwait(false);
            return artifact;
        }
    }

    public async Task<Stream> OpenArtifactAsync(RunRow run, string name, CancellationToken cancellationToken)
    {
        RunArtifact artifact = await Store.FindArtifactAsync(run.Key, name, cancellationToken).ConfigureAwait(false)
            ?? throw new RunArtifactNotFoundException(run.Id, name);
        return await Artifacts.OpenReadAsync(artifact.Hash, cancellationToken).ConfigureAwait(false);
    }
}
