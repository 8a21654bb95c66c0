using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// How wrong a model version is when all is well, measured on rows it was not fitted to. Belongs to that version and changes with it.
/// </summary>
public sealed record ErrorBaseline
{
    /// <summary>How wrong one prediction is.</summary>
    public ErrorMeasure Measure { get; init; }

    /// <summary>A prediction at or above it announces that it happens; used by <see cref="ErrorMeasure.Misclassification"/>.</summary>
    public double DecisionThreshold { get; init; } = 0.5;

    /// <summary>The mean error.</summary>
    public required double Mean { get; init; }

    /// <summary>The standard deviation of the errors; 0 for one row.</summary>
    public required double StandardDeviation { get; init; }

    /// <summary>Rows behind it, at least 1.</summary>
    public required long Rows { get; init; }

    /// <summary>How much serial dependence of the errors inflates the variance of their mean; 1 for independent errors.</summary>
    public double Inflation { get; init; } = 1;

    /// <summary>Measures a baseline from predictions and what really happened, in time order. Pairs that are not finite are left out.</summary>
    /// <param name="predictions">What was predicted.</param>
    /// <param name="actuals">What happened, by the same index.</param>
    /// <param name="measure">How wrong one prediction is.</param>
    /// <param name="decisionThreshold">A prediction at or above it announces that it happens; default 0.5.</param>
    /// <exception cref="ArgumentException">The lengths differ, or no pair is finite.</exception>
    public static ErrorBaseline From(
        ReadOnlySpan<double> predictions, ReadOnlySpan<double> actuals, ErrorMeasure measure = ErrorMeasure.Absolute, double decisionThreshold = 0.5)
    {
        Require.Number(decisionThreshold, nameof(decisionThreshold));
        if (predictions.Length != actuals.Length)
            throw new ArgumentException($"{predictions.Length} predictions and {actuals.Length} actual values do not pair.", nameof(actuals));
        double[] errors = new double[predictions.Length];
        for (int i = 0; i < errors.Length; i++)
            errors[i] = measure.Error(predictions[i], actuals[i], decisionThreshold);
        return FromErrors(errors, measure) with { DecisionThreshold = decisionThreshold };
    }

    /// <summary>Measures a baseline from errors in time order. Errors that are not finite are left out.</summary>
    /// <exception cref="ArgumentException">No error is finite.</exception>
    public static ErrorBaseline FromErrors(ReadOnlySpan<double> errors, ErrorMeasure measure = ErrorMeasure.Absolute)
    {
        Moments moments = Moments.Of(errors);
        if (moments.Mean is not { } mean)
            throw new ArgumentException($"A baseline needs finite errors; none of {errors.Length} is.", nameof(errors));
        return new ErrorBaseline
        {
            Measure = measure,
            Mean = mean,
            StandardDeviation = moments.StandardDeviation ?? 0,
            Rows = moments.Count,
            Inflation = Dependence.InflationOf(errors),
        };
    }

    /// <summary>Why nothing can be compared with it, or null.</summary>
    internal string? Flaw => this switch
    {
        { Rows: < 1 } => $"it has {Rows} rows; at least 1 is needed",
        _ when !(Mean >= 0 && double.IsFinite(Mean)) => $"its mean is {Mean}; it must be 0 or more and finite",
        _ when !(StandardDeviation >= 0 && double.IsFinite(StandardDeviation)) => $"its standard deviation is {StandardDeviation}; it must be 0 or more and finite",
        _ when !(Inflation >= 1 && double.IsFinite(Inflation)) => $"its inflation is {Inflation}; it must be 1 or more and finite",
        _ when double.IsNaN(DecisionThreshold) => "its decision threshold is not a number",
        _ => Enum.IsDefined(Measure) ? null : $"its measure {Measure} is unknown",
    };

    internal void Write(ref ByteWriter writer)
    {
        writer.Write((byte)Measure);
        writer.Write(Mean);
        writer.Write(StandardDeviation);
        writer.Write(Rows);
        writer.Write(Inflation);
        writer.Write(DecisionThreshold);
    }

    internal static ErrorBaseline Read(ref ByteReader reader) => new()
    {
        Measure = (ErrorMeasure)reader.ReadByte(),
        Mean = reader.ReadDouble(),
        StandardDeviation = reader.ReadDouble(),
        Rows = reader.ReadInt64(),
        Inflation = reader.ReadDouble(),

        // Baselines stored before had none, and one half was meant.
        DecisionThreshold = reader.IsAtEnd ? 0.5 : reader.ReadDouble(),
    };
}
