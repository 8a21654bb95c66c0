namespace Mlops.Storage.AzureBlobs;

/// <summary>Where artifacts lie on Azure Blob Storage. Section <c>Mlops:Storage:AzureBlobs</c>.</summary>
public sealed class AzureBlobArtifactOptions
{
    /// <summary>
    /// What blob names begin with, for example <c>mlops/artifacts</c>; a <c>/</c> follows. Empty, the default, for none. One database uses one prefix.
    /// Segments of <c>[A-Za-z0-9._-]</c> joined by <c>/</c>.
    /// </summary>
    public string Prefix { get; set; } = "";

    /// <summary>Whether the connection may be without TLS: artifacts then travel in the clear. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Larger artifacts are sent in blocks of this many bytes; in larger ones where there would be more than 50 000. 1 MiB to 4 000 MiB, default 16 MiB.
    /// </summary>
    public long BlockBytes { get; set; } = 16L << 20;

    /// <summary>Where artifacts wait while they are hashed and sent. Null, the default, for the temporary folder.</summary>
    public string? SpoolFolder { get; set; }
}
