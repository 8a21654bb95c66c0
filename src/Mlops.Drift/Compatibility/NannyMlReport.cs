namespace Mlops.Drift;

/// <summary>
/// The univariate drift that NannyML (Python) reports, chunk by chunk, for teams that move dashboards and thresholds over. Its constant threshold
/// knows nothing of the chunk's size. For decisions use <see cref="DriftReport"/>.
/// </summary>
/// <remarks>
/// Missing, NaN and infinite values are left out. The figures are those of NannyML 0.13. Not reproduced: chunks by period, other offsets than the mean for
/// thresholds by standard deviations, multivariate drift, and its exception for fewer rows than chunks.
/// </remarks>
public sealed record NannyMlReport
{
    private const double Level = 0.05;

    /// <summary>The batch's chunks: column by column in the schema's order, each chunk by chunk.</summary>
    public required IReadOnlyList<NannyMlFigure> Figures { get; init; }

    /// <summary>The reference's own chunks, cut by the same options and compared with the whole reference; NannyML's period 'reference'. Ordered as <see cref="Figures"/>.</summary>
    public required IReadOnlyList<NannyMlFigure> ReferenceFigures { get; init; }

    /// <summary>Compares each chunk of a batch, and of the reference itself, with the whole reference.</summary>
    /// <param name="reference">The reference, in the order of its rows.</param>
    /// <param name="analysis">The batch that is cut into chunks, in the order of its rows.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A batch has no rows or lacks a column, the columns differ, or an option is out of its range.</exception>
    public static NannyMlReport Compare(DriftBatch reference, DriftBatch analysis, NannyMlOptions? options = null)
    {
        options ??= new NannyMlOptions();
        options.Validate();
        ComparedColumn.Require(reference, analysis, nameof(reference), nameof(analysis));
        List<NannyMlFigure> figures = [], ofReference = [];
        foreach (DriftColumn column in reference.Schema.Columns)
        {
            bool isNumeric = column.Kind == ColumnKind.Numeric;
            NannyMlMethod method = isNumeric ? options.NumericMethod : options.CategoricalMethod;
            NannyMlThreshold threshold = (isNumeric ? options.NumericThreshold : options.CategoricalThreshold) ?? NannyMlThreshold.DefaultOf(method);
            INannyMlColumn compared = isNumeric ? new NannyMlNumbers(reference, column, options) : new NannyMlCategories(reference, column, options);
            NannyMlFigure[] own = [.. Chunks(compared, column.Name, method, reference, options)];
            (double? Lower, double? Upper) bounds = method == NannyMlMethod.ChiSquare ? default : threshold.Bounds(method, [.. own.Select(static figure => figure.Value)]);
            ofReference.AddRange(own.Select(figure => Judged(figure, bounds)));
            figures.AddRange(Chunks(compared, column.Name, method, analysis, options).Select(figure => Judged(figure, bounds)));
        }

        return new NannyMlReport { Figures = figures, ReferenceFigures = ofReference };
    }

    private static IEnumerable<NannyMlFigure> Chunks(INannyMlColumn compared, string column, NannyMlMethod method, DriftBatch batch, NannyMlOptions options)
    {
        int size = options.ChunkRows ?? int.Max(1, batch.Rows / options.ChunkCount);
        for (int first = 0, rows; first < batch.Rows; first += rows)
        {
            rows = int.Min(size, batch.Rows - first);
            (double? value, double? pValue) = compared.Compare(batch, first..(first + rows));
            yield return new NannyMlFigure { Column = column, Chunk = first / size, FirstRow = first, Rows = rows, Method = method, Value = value, PValue = pValue, IsAlert = false };
        }
    }

    private static NannyMlFigure Judged(NannyMlFigure figure, (double? Lower, double? Upper) bounds) => figure with
    {
        LowerThreshold = bounds.Lower,
        UpperThreshold = bounds.Upper,
        IsAlert = figure.Method == NannyMlMethod.ChiSquare ? figure.PValue < Level : figure.Value < bounds.Lower || figure.Value > bounds.Upper,
    };
}
