namespace Mlops.Drift;

/// <summary>What became of the rows in which a segment column has one value.</summary>
public sealed record SegmentDrift
{
    /// <summary>The segment column.</summary>
    public required string Column { get; init; }

    /// <summary>Its value in these rows.</summary>
    public required string Value { get; init; }

    /// <summary>The most urgent verdict among the segment's columns.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>Rows of the window that belong to the segment and were compared.</summary>
    public long Rows { get; init; }

    /// <summary>Rows of the reference that belong to it.</summary>
    public long ReferenceRows { get; init; }

    /// <summary>The p-value that no column of the segment differs (Simes 1986); null where nothing could be tested.</summary>
    public double? PValue { get; init; }

    /// <summary>The same, adjusted for the number of segments, the whole window counting as one (Benjamini and Hochberg 1995).</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary>One entry per column but the segment's own, in the schema's order. Adjusted p-values account for columns and segments.</summary>
    public required IReadOnlyList<FeatureDrift> Features { get; init; }
}
