namespace Mlops.Drift.Tests;

/// <summary>How often the columns of <see cref="MixedColumns"/> alarm where nothing drifts. Shared with the benchmarks.</summary>
internal sealed class NullRates
{
    public const double Level = 0.05;

    /// <summary>The windows of the full table; the reference has ten times the rows.</summary>
    public static readonly (int Rows, int References, int WindowsEach)[] Plan =
    [
        (50, 60, 300), (100, 60, 300), (200, 60, 300), (500, 60, 300), (1_000, 60, 300), (2_000, 40, 200), (5_000, 40, 200), (10_000, 30, 150), (20_000, 20, 100),
    ];

    private readonly int[][] _significant;
    private readonly int[][] _drift;

    private NullRates(int rows, int windowsEach, int references)
    {
        Rows = rows;
        WindowsEach = windowsEach;
        _significant = new int[references][];
        _drift = new int[references][];
    }

    public int Rows { get; }

    /// <summary>Windows compared with each reference.</summary>
    public int WindowsEach { get; }

    public int References => _significant.Length;

    public int Windows => References * WindowsEach;

    /// <summary>Windows of a size against references of ten times as many rows, or more, each drawn anew.</summary>
    public static NullRates Measure(int rows, int references, int windowsEach, int referenceRows, int seed)
    {
        NullRates rates = new(rows, windowsEach, references);
        Parallel.For(0, references, r =>
        {
            int first = seed + (r * (windowsEach + 1));
            ReferenceProfile profile = ReferenceProfile.Build(
                MixedColumns.Draw(first, referenceRows), new ProfileOptions { MaximumSampleRows = referenceRows, FreezeAfterRows = referenceRows });
            int[] significant = new int[MixedColumns.Schema.Columns.Count], drift = new int[significant.Length];
            for (int w = 1; w <= windowsEach; w++)
            {
                IReadOnlyList<FeatureDrift> features = DriftReport.Compare(profile, MixedColumns.Draw(first + w, rows)).Features;
                for (int c = 0; c < significant.Length; c++)
                {
                    significant[c] += features[c].PValue <= Level ? 1 : 0;
                    drift[c] += features[c].Verdict == DriftVerdict.Drift ? 1 : 0;
                }
            }

            rates._significant[r] = significant;
            rates._drift[r] = drift;
        });
        return rates;
    }

    /// <summary>The share of windows in which the column's own p-value is at most the level.</summary>
    public double Significant(int column) => (double)_significant.Sum(counts => counts[column]) / Windows;

    /// <summary>The share of windows in which the column's verdict is Drift: significant among all columns, and above the floor.</summary>
    public double Drift(int column) => (double)_drift.Sum(counts => counts[column]) / Windows;

    /// <summary>The share of references against which a column's own p-value is significant in at most twice the nominal share of windows.</summary>
    public double WithinTwice(int column) => (double)_significant.Count(counts => counts[column] <= 2 * Level * WindowsEach) / References;

    /// <summary>The standard error of <see cref="Significant"/>, from its spread over references, whose error their windows share.</summary>
    public double StandardError(int column)
    {
        double mean = Significant(column);
        return Math.Sqrt(_significant.Sum(counts => Math.Pow(((double)counts[column] / WindowsEach) - mean, 2)) / (References - 1) / References);
    }
}
