namespace Mlops.Mlflow;

/// <summary>What the MLflow API takes in. Section <c>Mlops:Mlflow</c>.</summary>
public sealed class MlflowOptions
{
    /// <summary>The longest JSON body. 1 000 000 bytes to 1 GiB, default 16 MiB.</summary>
    public int MaximumBodyBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>The longest file that may be uploaded as an artifact. 1 byte to 1 TiB, default 16 GiB.</summary>
    public long MaximumArtifactBytes { get; set; } = 16L * 1024 * 1024 * 1024;

    /// <summary>
    /// Whether values of parameters longer than 6 000 characters and of tags longer than 8 000 are cut; otherwise they are refused.
    /// Default true, as in MLflow.
    /// </summary>
    public bool TruncateLongValues { get; set; } = true;
}
