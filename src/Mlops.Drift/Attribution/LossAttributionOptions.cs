namespace Mlops.Drift;

/// <summary>How a change of the mean loss is attributed to columns.</summary>
public sealed class LossAttributionOptions
{
    /// <summary>Columns, classifier and weights.</summary>
    public DensityRatioOptions Density
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>The most drifted columns that share the change, 1 to 8; default 6. So many columns take two to this power density ratios.</summary>
    public int SharingColumns { get; set; } = 6;

    /// <summary>Quantile bins of a number, 2 to 100; default 10. Categories have a bin each.</summary>
    public int Bins { get; set; } = 10;

    internal void Validate()
    {
        Density.Validate();
        Require.InRange(SharingColumns, 1, LossAttribution.MostShares, nameof(SharingColumns));
        Require.InRange(Bins, 2, 100, nameof(Bins));
    }
}
