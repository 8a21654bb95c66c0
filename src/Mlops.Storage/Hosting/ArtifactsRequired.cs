namespace Mlops.Storage;

/// <summary>Registered when a feature stores artifacts.</summary>
internal sealed class ArtifactsRequired;
