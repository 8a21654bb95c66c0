namespace Mlops.Drift;

/// <summary>How performance is estimated without labels.</summary>
public sealed class PerformanceEstimatorOptions
{
    /// <summary>A score at or above it says that it will happen; default 0.5.</summary>
    public double Threshold { get; set; } = 0.5;

    /// <summary>Coverage of the intervals, strictly between 0 and 1; default 0.95.</summary>
    public double Confidence { get; set; } = 0.95;

    /// <summary>Resampled calibrations, which carry the reference's own error into the intervals; 20 to 10 000, default 200.</summary>
    public int Resamples { get; set; } = 200;

    /// <summary>Seed of the resampling; equal data under an equal seed give equal intervals.</summary>
    public long Seed { get; set; } = 1;

    /// <summary>What later changes do not reach.</summary>
    internal PerformanceEstimatorOptions Copy() => (PerformanceEstimatorOptions)MemberwiseClone();

    internal void Validate()
    {
        Require.Number(Threshold, nameof(Threshold));
        Require.Level(Confidence, 1, nameof(Confidence));
        Require.InRange(Resamples, 20, 10_000, nameof(Resamples));
    }
}
