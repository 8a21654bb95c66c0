using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>
/// The data drift that Evidently (Python) reports, for teams that move dashboards and thresholds over. Its thresholds know nothing of sample sizes:
/// without any drift the defaults alarm on most columns of 50-row windows. For decisions use <see cref="DriftReport"/>.
/// </summary>
/// <remarks>
/// <para>
/// Where <see cref="EvidentlyOptions"/> name no test, it depends on the reference's values alone, up to 1 000 or more, and on the distinct values of both
/// batches. Up to 1 000: numbers with more than five distinct ones Kolmogorov-Smirnov; other columns the z-test of proportions with at most two distinct
/// values, else chi-squared. Beyond: numbers with more than five the normed Wasserstein distance, other columns Jensen-Shannon. Missing, NaN and infinite
/// values are left out. A category that the reference lacks makes chi-squared 0, as Evidently's division by zero does.
/// </para>
/// <para>
/// Jensen-Shannon, PSI and Kullback-Leibler bin numbers of which the reference has more than 20 distinct ones, and compare the shares of each value
/// otherwise. Not reproduced: text and embedding columns, tests that <see cref="EvidentlyTest"/> does not list, Evidently's guess of a column's type (the
/// schema says it), the exception for a column without values.
/// </para>
/// </remarks>
public sealed record EvidentlyReport
{
    private const int FewRows = 1_000;
    private const int FewValues = 5;
    private const int ValuesApart = 20;
    private const int ExactValues = 10_000;
    private const double Level = 0.05;
    private const double Distance = 0.1;

    /// <summary>Every column of the schema, in its order.</summary>
    public required IReadOnlyList<EvidentlyColumn> Columns { get; init; }

    /// <summary>The share of drifted columns.</summary>
    public required double DriftedShare { get; init; }

    /// <summary>Whether as large a share of the columns drifted as <see cref="EvidentlyOptions.DriftShare"/>, by default half.</summary>
    public required bool IsDatasetDrifted { get; init; }

    /// <summary>Compares two batches of the same columns.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="current">What is compared with it.</param>
    /// <param name="options">Null for Evidently's defaults.</param>
    /// <exception cref="ArgumentException">A batch has no rows or lacks a column, the columns differ, or an option is out of its range or names no column.</exception>
    public static EvidentlyReport Compare(DriftBatch reference, DriftBatch current, EvidentlyOptions? options = null)
    {
        options ??= new EvidentlyOptions();
        ComparedColumn.Require(reference, current, nameof(reference), nameof(current));
        options.Validate(reference.Schema);
        EvidentlyColumn[] columns = [.. reference.Schema.Columns.Select(column => Compare(reference, current, column, options))];
        double share = (double)columns.Count(static column => column.IsDrifted) / columns.Length;
        return new EvidentlyReport { Columns = columns, DriftedShare = share, IsDatasetDrifted = share >= options.DriftShare };
    }

    private static EvidentlyColumn Compare(DriftBatch reference, DriftBatch current, DriftColumn column, EvidentlyOptions options)
    {
        (EvidentlyTest test, double? score) = column.Kind == ColumnKind.Categorical
            ? OfValues(ComparedColumn.Texts(reference, column, ..), ComparedColumn.Texts(current, column, ..), StringComparer.Ordinal, options.TestOf(column))
            : OfNumbers(ComparedColumn.Numbers(reference, column, ..), ComparedColumn.Numbers(current, column, ..), options.TestOf(column));
        double threshold = options.ThresholdOf(column) ?? (test >= EvidentlyTest.Wasserstein ? Distance : Level);
        bool isDrifted = test switch
        {
            EvidentlyTest.KolmogorovSmirnov => score <= threshold,
            EvidentlyTest.ChiSquare or EvidentlyTest.Proportions => score < threshold,
            _ => score >= threshold,
        };
        return new EvidentlyColumn { Name = column.Name, Test = test, Score = score, Threshold = threshold, IsDrifted = isDrifted };
    }

    private static (EvidentlyTest Test, double? Score) OfNumbers(double[] x, double[] y, EvidentlyTest? asked)
    {
        if (asked is null && !HasMoreThan(FewValues, x.Concat(y)))
            return OfValues(x, y, Comparer<double>.Default, asked);
        EvidentlyTest test = asked ?? (x.Length > FewRows ? EvidentlyTest.Wasserstein : EvidentlyTest.KolmogorovSmirnov);
        if (test == EvidentlyTest.Wasserstein)
            return (test, Wasserstein.NormedDistance(x, y));
        if (test == EvidentlyTest.KolmogorovSmirnov)
            return (test, KolmogorovSmirnov.Test(x, y, Law(x, y)).PValue);
        if (!HasMoreThan(ValuesApart, x))
            return OfValues(x, y, Comparer<double>.Default, test);
        return (test, test switch
        {
            EvidentlyTest.PopulationStabilityIndex => Evidently.PopulationStabilityIndex(x, y),
            EvidentlyTest.KullbackLeibler => Evidently.KullbackLeiblerDivergence(x, y),
            _ => Evidently.JensenShannonDistance(x, y),
        });
    }

    /// <summary>scipy's: exact while neither sample is larger than 10 000.</summary>
    private static KolmogorovSmirnovOptions Law(double[] x, double[] y) =>
        new() { ConditionOnTies = false, Method = int.Max(x.Length, y.Length) <= ExactValues ? PValueMethod.Auto : PValueMethod.Asymptotic };

    private static (EvidentlyTest Test, double? Score) OfValues<T>(T[] reference, T[] current, IComparer<T> order, EvidentlyTest? asked)
        where T : notnull
    {
        (long[] x, long[] y) = ComparedColumn.Count(reference, current, order);
        EvidentlyTest test = asked
            ?? (reference.Length > FewRows ? EvidentlyTest.JensenShannon : x.Length > 2 ? EvidentlyTest.ChiSquare : EvidentlyTest.Proportions);
        if (reference.Length == 0 || current.Length == 0)
            return (test, null);
        return (test, test switch
        {
            EvidentlyTest.ChiSquare => x.Contains(0) ? 0 : Evidently.ChiSquare(x, y).PValue,

            // All values but the first in order count as one.
            EvidentlyTest.Proportions => x.Length == 1
                ? 1
                : TwoProportionZ.Test(reference.Length - x[0], reference.Length, current.Length - y[0], current.Length).PValue,
            EvidentlyTest.PopulationStabilityIndex => Evidently.PopulationStabilityIndex(x, y),
            EvidentlyTest.KullbackLeibler => Evidently.KullbackLeiblerDivergence(x, y),
            _ => JensenShannon.Distance(x, y),
        });
    }

    private static bool HasMoreThan(int count, IEnumerable<double> values)
    {
        HashSet<double> distinct = [];
        foreach (double value in values)
        {
            if (distinct.Add(value) && distinct.Count > count)
                return true;
        }

        return false;
    }
}
