namespace Mlops.Drift;

/// <summary>How a reference profile is built. The defaults suit most models.</summary>
public sealed class ProfileOptions
{
    /// <summary>The parts the reference is kept in; needs a schema with a timestamp. Default: one part.</summary>
    public Season Season { get; set; }

    /// <summary>Bins per numeric column, equally filled by the reference; 2 to 1 000, default 10.</summary>
    public int Bins { get; set; } = 10;

    /// <summary>Categories kept by name per column, the most frequent ones; 1 to 10 000, default 100. The others are counted together.</summary>
    public int MaximumCategories { get; set; } = 100;

    /// <summary>Rows kept per part for tests that need values, chosen by a hash; 100 to 1 000 000, default 20 000.</summary>
    public int MaximumSampleRows { get; set; } = 20_000;

    /// <summary>
    /// Values of each segment column whose rows are described apart, the most frequent ones; 0 to 1 000, default 20. Each has a verdict of its own in
    /// reports.
    /// </summary>
    public int MaximumSegments { get; set; } = 20;

    /// <summary>Rows kept per segment for tests that need values, shared by its seasons but at least 100 for each; 100 to 1 000 000, default 2 000.</summary>
    public int MaximumSegmentSampleRows { get; set; } = 2_000;

    /// <summary>Rows that decide bins and categories; later rows are counted in them. 100 to 10 000 000, default 100 000: the memory a build takes.</summary>
    public int FreezeAfterRows { get; set; } = 100_000;

    /// <summary>The digest of the model version this reference belongs to, or null.</summary>
    public string? ModelVersion { get; set; }

    /// <summary>A profile whose bins and categories are used, so that both merge; null to derive new ones.</summary>
    public ReferenceProfile? MergeableWith { get; set; }

    /// <summary>
    /// Distinguishes the samples of profiles that will be merged; give each part of a fleet another number.
    /// Default 0.
    /// </summary>
    public long SampleSeed { get; set; }

    internal void Validate()
    {
        Require.InRange(Bins, 2, 1_000, nameof(Bins));
        Require.InRange(MaximumCategories, 1, 10_000, nameof(MaximumCategories));
        Require.InRange(MaximumSampleRows, 100, 1_000_000, nameof(MaximumSampleRows));
        Require.InRange(MaximumSegments, 0, 1_000, nameof(MaximumSegments));
        Require.InRange(MaximumSegmentSampleRows, 100, 1_000_000, nameof(MaximumSegmentSampleRows));
        Require.InRange(FreezeAfterRows, 100, 10_000_000, nameof(FreezeAfterRows));
        Require.Defined(Season, nameof(Season));
    }
}
