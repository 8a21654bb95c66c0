namespace Mlops.Storage.S3;

/// <summary>Where artifacts lie on S3. Section <c>Mlops:Storage:S3</c>. Credentials are not among it: the AWS SDK finds them where it always does.</summary>
public sealed class S3ArtifactOptions
{
    /// <summary>The bucket, which must exist. 3 to 63 characters <c>[a-z0-9.-]</c>.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>
    /// What keys begin with, for example <c>mlops/artifacts</c>; a <c>/</c> follows. Empty, the default, for none. One database uses one prefix.
    /// Segments of <c>[A-Za-z0-9._-]</c> joined by <c>/</c>.
    /// </summary>
    public string Prefix { get; set; } = "";

    /// <summary>The server, for servers other than AWS, for example <c>https://minio.example.org</c>. Null, the default, for AWS in <see cref="Region"/>.</summary>
    public Uri? ServiceUrl { get; set; }

    /// <summary>The AWS region, for example <c>eu-central-1</c>; with <see cref="ServiceUrl"/> the one that requests are signed for. Null, the default, for the SDK's.</summary>
    public string? Region { get; set; }

    /// <summary>Whether the bucket is part of the path instead of the host name, as most servers other than AWS need. Default false.</summary>
    public bool ForcePathStyle { get; set; }

    /// <summary>Whether <see cref="ServiceUrl"/> may begin with <c>http://</c>: artifacts then travel in the clear. Default false.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>
    /// Larger artifacts are sent in parts of this many bytes; in larger ones where there would be more than 10 000. 5 MiB to 5 GiB, default 16 MiB.
    /// </summary>
    public long PartBytes { get; set; } = 16L << 20;

    /// <summary>Where artifacts wait while they are hashed and sent. Null, the default, for the temporary folder.</summary>
    public string? SpoolFolder { get; set; }
}
