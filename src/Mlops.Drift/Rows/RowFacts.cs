namespace Mlops.Drift;

/// <summary>What a row carries beside its columns.</summary>
internal struct RowFacts
{
    /// <summary>Stands for a row that does not know when it happened.</summary>
    public const long NoTime = long.MinValue;

    public PredictionKey Id;
    public double Label;
    public long Ticks;

    /// <summary>True when the time is that of the observation, because the row knows none.</summary>
    public bool IsStamped;
    public string? Version;
}
