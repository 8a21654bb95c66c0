namespace Mlops.Orchestration;

/// <summary>A large value by its content: what a step passes on instead of the bytes. From <see cref="StepContext.StoreArtifactAsync"/>.</summary>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="Length">In bytes.</param>
public sealed record ArtifactRef(string Sha256, long Length);
