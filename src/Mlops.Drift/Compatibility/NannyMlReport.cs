using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// The univariate drift that NannyML (Python) reports, chunk by chunk, for teams that move dashboards and thresholds over. Its threshold
/// knows nothing of the chunk's size. For decisions use <see cref="DriftReport"/>.
/// </summary>
/// <remarks>
/// Missing, NaN and infinite values are left out. Not reproduced: NannyML's approximation of Kolmogorov-Smirnov and Wasserstein by 10 000 bins
/// for references of 10 000 values and more (here they are exact), thresholds by standard deviations of the reference's chunks, chunks by
/// period, multivariate drift, and the reference's own chunks.
/// </remarks>
public sealed record NannyMlReport
{
    private const double Level = 0.05;

    /// <summary>Column by column in the schema's order, each chunk by chunk.</summary>
    public required IReadOnlyList<NannyMlFigure> Figures { get; init; }

    /// <summary>Compares each chunk of a batch with the whole reference. The reference is binned or sorted anew for each chunk.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="analysis">The batch that is cut into chunks, in the order of its rows.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A batch has no rows or lacks a column, the columns differ, or an option is out of its range.</exception>
    public static NannyMlReport Compare(DriftBatch reference, DriftBatch analysis, NannyMlOptions? options = null)
    {
        options ??= new NannyMlOptions();
        options.Validate();
        ComparedColumn.Require(reference, analysis, nameof(reference), nameof(analysis));
        int size = options.ChunkRows ?? int.Max(1, analysis.Rows / options.ChunkCount);
        List<NannyMlFigure> figures = [];
        foreach (DriftColumn column in reference.Schema.Columns)
        {
            for (int first = 0; first < analysis.Rows; first += int.Min(size, analysis.Rows - first))
            {
                int rows = int.Min(size, analysis.Rows - first);
                (NannyMlMethod method, double? value, double? pValue) = Compare(reference, analysis, column, first..(first + rows), options);
                figures.Add(new NannyMlFigure
                {
                    Column = column.Name,
                    Chunk = first / size,
                    FirstRow = first,
                    Rows = rows,
                    Method = method,
                    Value = value,
                    PValue = pValue,
                    IsAlert = method == NannyMlMethod.ChiSquare ? pValue < Level : value > options.Threshold,
                });
            }
        }

        return new NannyMlReport { Figures = figures };
    }

    private static (NannyMlMethod Method, double? Value, double? PValue) Compare(
        DriftBatch reference, DriftBatch analysis, DriftColumn column, Range rows, NannyMlOptions options) => column.Kind == ColumnKind.Numeric
        ? (options.NumericMethod, OfNumbers(options.NumericMethod, ComparedColumn.Numbers(reference, column, ..), ComparedColumn.Numbers(analysis, column, rows)), null)
        : OfTexts(options.CategoricalMethod, ComparedColumn.Texts(reference, column, ..), ComparedColumn.Texts(analysis, column, rows));

    private static double? OfNumbers(NannyMlMethod method, double[] x, double[] y) => method switch
    {
        NannyMlMethod.KolmogorovSmirnov => KolmogorovSmirnov.Test(x, y, new KolmogorovSmirnovOptions { Method = PValueMethod.Asymptotic, ConditionOnTies = false }).Statistic,
        NannyMlMethod.Wasserstein => Wasserstein.Distance(x, y),
        NannyMlMethod.Hellinger => NannyMl.HellingerDistance(x, y),
        _ => NannyMl.JensenShannonDistance(x, y),
    };

    private static (NannyMlMethod Method, double? Value, double? PValue) OfTexts(NannyMlMethod method, string[] reference, string[] chunk)
    {
        if (reference.Length == 0 || chunk.Length == 0)
            return (method, null, null);
        (long[] x, long[] y) = ComparedColumn.Count(reference, chunk, StringComparer.Ordinal);
        if (method == NannyMlMethod.ChiSquare)
        {
            // One category has no degree of freedom: scipy says statistic 0 and p-value 1.
            if (x.Length == 1)
                return (method, 0, 1);
            TwoSampleResult result = ChiSquare.Test(x, y, mergeRare: false, yates: x.Length == 2);
            return (method, result.Statistic, result.PValue);
        }

        double? distance = method switch
        {
            NannyMlMethod.Hellinger => Hellinger.Distance(x, y),
            NannyMlMethod.LInfinity => ShareDistance.LInfinity(x, y),
            _ => JensenShannon.DistanceBase2(x, y),
        };
        return (method, distance, null);
    }
}
