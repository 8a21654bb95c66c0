using System.Text.Json.Serialization;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>The payload of a run's message in the outbox.</summary>
internal sealed record StoredTransition(
    string Run,
    string Experiment,
    string Name,
    RunStatus Status,
    DateTimeOffset At,
    StoredTransition.Dataset[] Datasets,
    StoredTransition.Artifact[] Artifacts,
    int DatasetCount,
    int ArtifactCount,
    string? Parent = null,
    string? ParentExperiment = null)
{
    public static StoredTransition From(RunTransition transition) => new(
        transition.RunId, transition.Experiment, transition.Name, transition.Status, transition.At,
        [.. transition.Datasets.Select(static dataset => new Dataset(dataset.Name, dataset.Digest, dataset.Uri, dataset.Rows, dataset.Context))],
        [.. transition.Artifacts.Select(static artifact => new Artifact(artifact.Name, artifact.Hash.ToString(), artifact.Length, artifact.Time))],
        transition.DatasetCount, transition.ArtifactCount, transition.ParentId, transition.ParentExperiment);

    public RunTransition ToTransition() => new()
    {
        RunId = Run,
        Experiment = Experiment,
        Name = Name,
        ParentId = Parent,
        ParentExperiment = ParentExperiment,
        Status = Status,
        At = At,
        Datasets = [.. Datasets.Select(static dataset => new DatasetInput(dataset.Name, dataset.Digest) { Uri = dataset.Uri, Rows = dataset.Rows, Context = dataset.Context })],
        Artifacts = [.. Artifacts.Select(static artifact => new RunArtifact(artifact.Name, ContentHash.Parse(artifact.Hash), artifact.Length, artifact.Time))],
        DatasetCount = DatasetCount,
        ArtifactCount = ArtifactCount,
    };

    public sealed record Dataset(string Name, string Digest, string? Uri = null, long? Rows = null, string? Context = null);

    public sealed record Artifact(string Name, string Hash, long Length, DateTimeOffset Time);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(StoredTransition))]
internal sealed partial class StoredTransitionContext : JsonSerializerContext;
