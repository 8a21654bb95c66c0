namespace Mlops.Storage;

/// <summary>How artifacts arrive and are collected. Section <c>Mlops:Storage:Artifacts</c>.</summary>
public sealed class ArtifactOptions
{
    /// <summary>
    /// Where upload sessions wait: a folder on a local disk that the processes of one machine share. Null, the default, for <c>uploads</c> in the
    /// store's local folder, else in the database's; a host with neither must name one before it begins an upload.
    /// </summary>
    public string? UploadFolder { get; set; }

    /// <summary>How long an upload session waits for its next piece. 1 minute to 30 days, default 1 day.</summary>
    public TimeSpan UploadSessionDuration { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The most bytes of one upload session. 1 to 2^62, default 64 GiB.</summary>
    public long MaximumUploadBytes { get; set; } = 64L << 30;

    /// <summary>
    /// How often <c>CollectArtifacts</c> collects garbage, give or take a fifth, so that processes that start together do not keep in step.
    /// 1 second to 30 days, default 1 hour.
    /// </summary>
    public TimeSpan CollectEvery { get; set; } = TimeSpan.FromHours(1);
}
