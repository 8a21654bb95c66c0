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

    /// <summary>The smallest share, or difference of shares, that counts: of missing and not finite values, values out of range, new and vanished categories. Default 0.01.</summary>
    public double ShareFloor { get; set; } = 0.01;

    /// <summary>The distance that must be detectable before "no drift" is said, default 0.1: about a shift of a quarter standard deviation.</summary>
    public double MaterialKolmogorovSmirnov { get; set; } = 0.1;

    /// <summary>The index that must be detectable before "no drift" is said, default 0.1, the trade's limit for a slight shift.</summary>
    public double MaterialStabilityIndex { get; set; } = 0.1;

    /// <summary>Whether consecutive rows may depend on each other; by default a lag test decides per column.</summary>
    public RowDependence Dependence { get; set; } = RowDependence.Measured;

    internal void Validate()
    {
        Require.Level(Alpha, 1, nameof(Alpha));
        Require.NotNegative(KolmogorovSmirnovFloor, nameof(KolmogorovSmirnovFloor));
        Require.NotNegative(StabilityIndexFloor, nameof(StabilityIndexFloor));
        Require.NotNegative(ShareFloor, nameof(ShareFloor));
        Require.NotNegative(MaterialKolmogorovSmirnov, nameof(MaterialKolmogorovSmirnov));
        Require.NotNegative(MaterialStabilityIndex, nameof(MaterialStabilityIndex));
        Require.Defined(Dependence, nameof(Dependence));
    }
}
