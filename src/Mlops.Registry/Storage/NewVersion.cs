using Mlops.Storage;

namespace Mlops.Registry;

internal sealed record NewVersion(string Model, StoredArtifact Artifact, ModelFormat Format, long At, string? RunId, string? Description, string? IdempotencyKey);
