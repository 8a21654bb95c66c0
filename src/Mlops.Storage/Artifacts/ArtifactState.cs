namespace Mlops.Storage;

/// <summary>What a row of <c>mlops_artifact</c> says about the bytes in the store.</summary>
internal static class ArtifactState
{
    /// <summary>The store holds the bytes.</summary>
    public const long Live = 0;

    /// <summary>Garbage collection removes the bytes; nobody may rely on them or write them until the row is gone.</summary>
    public const long Deleting = 1;

    /// <summary>An upload is about to publish the bytes.</summary>
    public const long Arriving = 2;
}
