namespace Mlops.Drift;

/// <summary>What NannyML's rules say of one column in one chunk.</summary>
public sealed record NannyMlFigure
{
    /// <summary>The column's name.</summary>
    public required string Column { get; init; }

    /// <summary>Which chunk, from 0.</summary>
    public required int Chunk { get; init; }

    /// <summary>The chunk's first row in the batch, from 0.</summary>
    public required int FirstRow { get; init; }

    /// <summary>The chunk's rows, those with missing values included.</summary>
    public required int Rows { get; init; }

    /// <summary>How it was compared.</summary>
    public required NannyMlMethod Method { get; init; }

    /// <summary>The distance or statistic; null when the reference or the chunk has no value.</summary>
    public required double? Value { get; init; }

    /// <summary>The p-value of chi-squared; null for the other methods.</summary>
    public double? PValue { get; init; }

    /// <summary>A value below it is an alert; null for no such bound.</summary>
    public double? LowerThreshold { get; init; }

    /// <summary>A value above it is an alert; null for no such bound, which for bounds by standard deviations is also so where a chunk of the reference has no value.</summary>
    public double? UpperThreshold { get; init; }

    /// <summary>A value beyond a threshold; for chi-squared, a p-value below 0.05.</summary>
    public required bool IsAlert { get; init; }
}
