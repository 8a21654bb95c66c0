namespace Mlops.Drift;

/// <summary>When a difference counts. Drift needs both: significance at <see cref="Alpha"/> across all features, and an effect of at least the floor.</summary>
public sealed class DriftThresholds
{
    /// <summary>The false discovery rate across features, strictly between 0 and 1; default 0.05.</summary>
    public double Alpha { get; set; } = 0.05;

    /// <summary>The smallest Kolmogorov-Smirnov distance that counts, default 0.02: about a shift of 0.05 standard deviations.</summary>
    public double KolmogorovSmirnovFloor { get; set; } = 0.02;

    /// <summary>The smallest population stability index that counts, default 0.003.</summary>
    public double StabilityIndexFloor { get; set; } = 0.003;

    /// <summary>The smallest difference of missing (or not finite) shares that counts, default 0.01.</summary>
    public double MissingShareFloor { get; set; } = 0.01;

    /// <summary>The distance that must be detectable before "no drift" is said, default 0.1: about a shift of a quarter standard deviation.</summary>
    public double MaterialKolmogorovSmirnov { get; set; } = 0.1;

    /// <summary>The index that must be detectable before "no drift" is said, default 0.1, the trade's limit for a slight shift.</summary>
    public double MaterialStabilityIndex { get; set; } = 0.1;

    /// <summary>Whether consecutive rows may depend on each other; by default a lag test decides per column.</summary>
    public RowDependence Dependence { get; set; } = RowDependence.Measured;

    internal void Validate()
    {
        RequireShare(Alpha, nameof(Alpha));
        RequireFloor(KolmogorovSmirnovFloor, nameof(KolmogorovSmirnovFloor));
        RequireFloor(StabilityIndexFloor, nameof(StabilityIndexFloor));
        RequireFloor(MissingShareFloor, nameof(MissingShareFloor));
        RequireFloor(MaterialKolmogorovSmirnov, nameof(MaterialKolmogorovSmirnov));
        RequireFloor(MaterialStabilityIndex, nameof(MaterialStabilityIndex));
        if (!Enum.IsDefined(Dependence))
            throw new InvalidOperationException($"{nameof(Dependence)} is {(int)Dependence}; Measured or Independent is needed.");
    }

    private static void RequireShare(double value, string name)
    {
        if (!(value > 0 && value < 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must lie strictly between 0 and 1, is {value}.");
    }

    private static void RequireFloor(double value, string name)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0 and finite, is {value}.");
    }
}
