namespace Mlops.Drift;

/// <summary>What a team has set in Evidently's <c>DataDriftPreset</c>; the defaults are Evidently's.</summary>
public sealed record EvidentlyOptions
{
    private static readonly EvidentlyTest[] OfNumbers =
        [EvidentlyTest.KolmogorovSmirnov, EvidentlyTest.Wasserstein, EvidentlyTest.JensenShannon, EvidentlyTest.PopulationStabilityIndex, EvidentlyTest.KullbackLeibler];

    private static readonly EvidentlyTest[] OfCategories =
        [EvidentlyTest.ChiSquare, EvidentlyTest.Proportions, EvidentlyTest.JensenShannon, EvidentlyTest.PopulationStabilityIndex, EvidentlyTest.KullbackLeibler];

    /// <summary>The share of drifted columns that makes the dataset drift, 0 to 1; default 0.5. <c>drift_share</c>.</summary>
    public double DriftShare { get; init; } = 0.5;

    /// <summary>For columns of numbers: Kolmogorov-Smirnov, Wasserstein, Jensen-Shannon, PSI or Kullback-Leibler. Null (default) for Evidently's choice. <c>num_method</c>.</summary>
    public EvidentlyTest? NumericTest { get; init; }

    /// <summary>For columns of categories: chi-squared, proportions, Jensen-Shannon, PSI or Kullback-Leibler. Null (default) for Evidently's choice. <c>cat_method</c>.</summary>
    public EvidentlyTest? CategoricalTest { get; init; }

    /// <summary>For columns of numbers, at least 0. Null (default) for the test's own: 0.05 for p-values, 0.1 for distances. <c>num_threshold</c>.</summary>
    public double? NumericThreshold { get; init; }

    /// <summary>For columns of categories, at least 0. Null (default) for the test's own. <c>cat_threshold</c>.</summary>
    public double? CategoricalThreshold { get; init; }

    /// <summary>Tests by column name, before those of its kind; default none. <c>per_column_method</c>.</summary>
    public IReadOnlyDictionary<string, EvidentlyTest> ColumnTests { get; init; } = new Dictionary<string, EvidentlyTest>();

    /// <summary>Thresholds by column name, at least 0, before those of its kind; default none. <c>per_column_threshold</c>.</summary>
    public IReadOnlyDictionary<string, double> ColumnThresholds { get; init; } = new Dictionary<string, double>();

    /// <summary>Null to leave the choice to the data.</summary>
    internal EvidentlyTest? TestOf(DriftColumn column) =>
        ColumnTests.TryGetValue(column.Name, out EvidentlyTest test) ? test : column.Kind == ColumnKind.Numeric ? NumericTest : CategoricalTest;

    /// <summary>Null for the test's own.</summary>
    internal double? ThresholdOf(DriftColumn column) =>
        ColumnThresholds.TryGetValue(column.Name, out double threshold) ? threshold : column.Kind == ColumnKind.Numeric ? NumericThreshold : CategoricalThreshold;

    internal void Validate(DriftSchema schema)
    {
        Require.InRange(DriftShare, 0, 1, nameof(DriftShare));
        Require.NotNegative(NumericThreshold ?? 0, nameof(NumericThreshold));
        Require.NotNegative(CategoricalThreshold ?? 0, nameof(CategoricalThreshold));
        Fit(NumericTest, ColumnKind.Numeric, nameof(NumericTest));
        Fit(CategoricalTest, ColumnKind.Categorical, nameof(CategoricalTest));
        foreach ((string name, EvidentlyTest test) in ColumnTests)
            Fit(test, Column(schema, name, nameof(ColumnTests)).Kind, $"{nameof(ColumnTests)}[{name}]");
        foreach ((string name, double threshold) in ColumnThresholds)
            Require.NotNegative(threshold, $"{nameof(ColumnThresholds)}[{Column(schema, name, nameof(ColumnThresholds)).Name}]");
    }

    private static DriftColumn Column(DriftSchema schema, string name, string option) =>
        schema.Columns.FirstOrDefault(column => column.Name == name) ?? throw new ArgumentException($"{option} names '{name}', which is no column of the schema.", option);

    private static void Fit(EvidentlyTest? test, ColumnKind kind, string name)
    {
        if (test is { } given && !(kind == ColumnKind.Numeric ? OfNumbers : OfCategories).Contains(given))
            throw new ArgumentOutOfRangeException(name, given, $"{name}: {given} does not compare {(kind == ColumnKind.Numeric ? "numbers" : "categories")}.");
    }
}
