using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>A column of numbers.</summary>
internal sealed class NannyMlNumbers(DriftBatch reference, DriftColumn column, NannyMlOptions options) : INannyMlColumn
{
    private readonly NannyMlReference _reference = NannyMlReference.From(ComparedColumn.Numbers(reference, column, ..));

    public (double? Value, double? PValue) Compare(DriftBatch batch, Range rows)
    {
        double[] chunk = ComparedColumn.Numbers(batch, column, rows);
        double? value = options.NumericMethod switch
        {
            NannyMlMethod.KolmogorovSmirnov => _reference.KolmogorovSmirnovDistance(chunk, options.Calculation),
            NannyMlMethod.Wasserstein => _reference.WassersteinDistance(chunk, options.Calculation),
            NannyMlMethod.Hellinger => _reference.HellingerDistance(chunk),
            _ => _reference.JensenShannonDistance(chunk),
        };
        return (value, null);
    }
}
