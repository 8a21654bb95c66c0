using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// The data drift that Evidently (Python) reports with its defaults, for teams that move dashboards and thresholds over. Its thresholds know
/// nothing of sample sizes: without any drift they alarm on most columns of 50-row windows. For decisions use <see cref="DriftReport"/>.
/// </summary>
/// <remarks>
/// <para>
/// The test depends on the reference's values alone, up to 1 000 or more, and on the distinct values of both batches. Up to 1 000: numbers
/// with more than five distinct ones Kolmogorov-Smirnov; other columns the z-test of proportions with at most two distinct values, else
/// chi-squared. Beyond: numbers with more than five the normed Wasserstein distance, other columns Jensen-Shannon. Missing, NaN and infinite
/// values are left out. A category that the reference lacks makes chi-squared 0, as Evidently's division by zero does.
/// </para>
/// <para>
/// Not reproduced: text and embedding columns, tests chosen by hand, Evidently's guess of a column's type (the schema says it), the
/// exception for a column without values.
/// </para>
/// </remarks>
public sealed record EvidentlyReport
{
    private const int FewRows = 1_000;
    private const int FewValues = 5;
    private const int ExactValues = 10_000;
    private const double Level = 0.05;
    private const double Distance = 0.1;
    private const double DatasetShare = 0.5;

    /// <summary>Every column of the schema, in its order.</summary>
    public required IReadOnlyList<EvidentlyColumn> Columns { get; init; }

    /// <summary>The share of drifted columns.</summary>
    public required double DriftedShare { get; init; }

    /// <summary>Whether at least half of the columns drifted.</summary>
    public required bool IsDatasetDrifted { get; init; }

    /// <summary>Compares two batches of the same columns.</summary>
    /// <exception cref="ArgumentException">A batch has no rows or lacks a column, or the columns differ.</exception>
    public static EvidentlyReport Compare(DriftBatch reference, DriftBatch current)
    {
        ComparedColumn.Require(reference, current, nameof(reference), nameof(current));
        EvidentlyColumn[] columns = [.. reference.Schema.Columns.Select(column => Compare(reference, current, column))];
        double share = (double)columns.Count(static column => column.IsDrifted) / columns.Length;
        return new EvidentlyReport { Columns = columns, DriftedShare = share, IsDatasetDrifted = share >= DatasetShare };
    }

    private static EvidentlyColumn Compare(DriftBatch reference, DriftBatch current, DriftColumn column)
    {
        if (column.Kind == ColumnKind.Categorical)
        {
            return OfValues(column, ComparedColumn.Texts(reference, column, ..), ComparedColumn.Texts(current, column, ..), StringComparer.Ordinal);
        }

        double[] x = ComparedColumn.Numbers(reference, column, ..), y = ComparedColumn.Numbers(current, column, ..);
        if (!HasMoreThan(FewValues, x, y))
            return OfValues(column, x, y, Comparer<double>.Default);
        if (x.Length > FewRows)
            return Of(column, EvidentlyTest.Wasserstein, Wasserstein.NormedDistance(x, y));
        bool isExact = x.Length <= ExactValues && y.Length <= ExactValues;
        KolmogorovSmirnovOptions options = new() { ConditionOnTies = false, Method = isExact ? PValueMethod.Auto : PValueMethod.Asymptotic };
        return Of(column, EvidentlyTest.KolmogorovSmirnov, KolmogorovSmirnov.Test(x, y, options).PValue);
    }

    private static EvidentlyColumn OfValues<T>(DriftColumn column, T[] reference, T[] current, IComparer<T> order)
        where T : notnull
    {
        (long[] x, long[] y) = ComparedColumn.Count(reference, current, order);
        bool isEmpty = reference.Length == 0 || current.Length == 0;
        if (reference.Length > FewRows)
            return Of(column, EvidentlyTest.JensenShannon, isEmpty ? null : JensenShannon.Distance(x, y));
        if (x.Length > 2)
            return Of(column, EvidentlyTest.ChiSquare, isEmpty ? null : x.Contains(0) ? 0 : Evidently.ChiSquare(x, y).PValue);
        if (isEmpty)
            return Of(column, EvidentlyTest.Proportions, score: null);
        return Of(column, EvidentlyTest.Proportions, x.Length == 1 ? 1 : TwoProportionZ.Test(x[1], reference.Length, y[1], current.Length).PValue);
    }

    private static EvidentlyColumn Of(DriftColumn column, EvidentlyTest test, double? score) => new()
    {
        Name = column.Name,
        Test = test,
        Score = score,
        Threshold = test >= EvidentlyTest.Wasserstein ? Distance : Level,
        IsDrifted = test switch
        {
            EvidentlyTest.KolmogorovSmirnov => score <= Level,
            EvidentlyTest.ChiSquare or EvidentlyTest.Proportions => score < Level,
            _ => score >= Distance,
        },
    };

    private static bool HasMoreThan(int count, double[] x, double[] y)
    {
        HashSet<double> distinct = [];
        foreach (double value in x.Concat(y))
        {
            if (distinct.Add(value) && distinct.Count > count)
                return true;
        }

        return false;
    }
}
