namespace Mlops.Drift;

/// <summary>Which columns tell a window from the reference: how much worse a classifier gets when one of them is shuffled (permutation importance, Breiman 2001).</summary>
/// <remarks>
/// <para>
/// Classifiers are taught on all folds but one, and judged by the area under the curve on the one left out, so that a column that tells nothing has a drop around 0. The default,
/// a logistic regression with squares, sees changes of each column; bring <see cref="Mlops.Statistics.BoostedTrees"/> for changes of columns that act together.
/// </para>
/// <para>
/// Columns that share their information cover for each other: when two equal ones drift, shuffling either costs less than both of them tell, and with trees possibly nothing. A small drop
/// says that the others make up for the column, not that it has not drifted; the report's own test per column says that. Standard errors come
/// from the folds, whose teaching rows overlap: read them as orders of magnitude.
/// </para>
/// </remarks>
public sealed record DriftAttribution
{
    /// <summary>Area under the curve on rows that are new to the classifier, the mean of the folds: 0.5 for laws that cannot be told apart.</summary>
    public required double RocAuc { get; init; }

    /// <summary>Its standard error, from the scatter between folds.</summary>
    public required double StandardError { get; init; }

    /// <summary>The columns, largest drop first.</summary>
    public required IReadOnlyList<ColumnImportance> Columns { get; init; }

    /// <summary>Attributes what differs between reference and window.</summary>
    /// <param name="reference">The reference's rows.</param>
    /// <param name="window">The window's, of the same schema.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The schemas differ, a column is not filled or unknown, or a side has fewer rows than twice the folds.</exception>
    public static DriftAttribution Explain(DriftBatch reference, DriftBatch window, DriftAttributionOptions? options = null)
    {
        options ??= new DriftAttributionOptions();
        options.Validate();
        DensityRatioOptions ofClassifier = options.Classifier;
        IReadOnlyList<DriftColumn> columns = ComparedBatches.Columns(reference, window, ofClassifier.Columns, 2 * ofClassifier.Folds);
        RowEncoding encoding = RowEncoding.Of(columns, squares: true, reference, window);
        DomainClassifier classifier = DomainClassifier.Fit(encoding.Encode(reference), encoding.Encode(window), encoding.Width, ofClassifier);
        double[] areas = [.. Enumerable.Range(0, ofClassifier.Folds).Select(classifier.AreaOf)];
        ColumnImportance[] importances = new ColumnImportance[columns.Count];
        DrawnNumbers random = new(ofClassifier.Seed);
        for (int i = 0; i < importances.Length; i++)
        {
            double[] drops = new double[areas.Length];
            for (int fold = 0; fold < drops.Length; fold++)
            {
                for (int repeat = 0; repeat < options.Repeats; repeat++)
                    drops[fold] += (areas[fold] - classifier.AreaWithout(fold, encoding.Starts[i], encoding.Starts[i + 1], random)) / options.Repeats;
            }

            importances[i] = new ColumnImportance(columns[i].Name, drops.Average(), ErrorOfMean(drops));
        }

        return new DriftAttribution
        {
            RocAuc = areas.Average(),
            StandardError = ErrorOfMean(areas),
            Columns = [.. importances.OrderByDescending(static c => c.Drop)],
        };
    }

    /// <summary>Attributes what differs between row-major numbers; columns are named 0, 1, ...</summary>
    /// <param name="reference">The reference's rows; NaN is a value that is absent.</param>
    /// <param name="window">The window's.</param>
    /// <param name="columns">Values per row, 1 to 10 000.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">A side is no whole number of rows, or has fewer than twice the folds.</exception>
    public static DriftAttribution ExplainRows(ReadOnlySpan<double> reference, ReadOnlySpan<double> window, int columns, DriftAttributionOptions? options = null) =>
        Explain(ComparedBatches.Of(reference, columns, nameof(reference)), ComparedBatches.Of(window, columns, nameof(window)), options);

    private static double ErrorOfMean(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1) / values.Length);
    }
}
