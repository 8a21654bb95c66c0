using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>A run that was copied from an MLflow server.</summary>
/// <param name="Run">The copy.</param>
/// <param name="SkippedArtifacts">Names of files that were not copied, because they are no <see cref="Mlops.Storage.ArtifactName"/>, for example with spaces.</param>
public sealed record MlflowRunCopy(RunRecord Run, IReadOnlyList<string> SkippedArtifacts);
