using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>A run that was copied from an MLflow server.</summary>
/// <param name="Run">The copy.</param>
/// <param name="SkippedArtifacts">Names of files that were not copied: they are no <see cref="Mlops.Storage.ArtifactName"/>, for example with spaces, or the server could not read them.</param>
public sealed record MlflowRunCopy(RunRecord Run, IReadOnlyList<string> SkippedArtifacts)
{
    /// <summary>False when the server could not even list the run's files, for example in a store that it has no access to; none was copied then.</summary>
    public bool ArtifactsWereListed { get; init; } = true;
}
