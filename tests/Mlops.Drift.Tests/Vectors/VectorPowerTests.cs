namespace Mlops.Drift.Tests;

[TestFixture]
internal sealed class VectorPowerTests
{
    [Test]
    [Explicit("prints the table of docs/drift/vectors-and-texts.md")]
    [Category("Long")]
    public void Table_of_false_alarms_and_power([Values(200, 500)] int rows, [Values(8, 64)] int columns)
    {
        const int Runs = 100;
        foreach (string change in (string[])["none", "all 0.1", "all 0.2", "one 0.5", "spread 1.1", "relation"])
        {
            string line = $"| {rows} | {columns} | {change} |";
            foreach (VectorTest test in Enum.GetValues<VectorTest>())
            {
                int drifts = 0;
                for (int run = 0; run < Runs; run++)
                {
                    Draws draws = new(run);
                    VectorDrift drift = VectorDrift.Compare(Rows(draws, rows, columns, "none"), Rows(draws, rows, columns, change), columns, new() { Test = test, Permutations = 199 });
                    drifts += drift.Verdict == DriftVerdict.Drift ? 1 : 0;
                }

                line += FormattableString.Invariant($" {100.0 * drifts / Runs:F1} |");
            }

            TestContext.Out.WriteLine(line);
        }
    }

    [Test]
    [Explicit("prints the costs of docs/drift/vectors-and-texts.md")]
    [Category("Long")]
    public void Costs([Values] VectorTest test)
    {
        Draws draws = new(1);
        float[] reference = draws.Vectors(2_000, 768), current = draws.Vectors(2_000, 768);
        TimeSpan least = TimeSpan.MaxValue;
        for (int run = 0; run < 3; run++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            VectorDrift.Compare(reference, current, 768, new() { Test = test });
            TimeSpan taken = Environment.CpuUsage.TotalTime - start;
            least = taken < least ? taken : least;
        }

        TestContext.Out.WriteLine(FormattableString.Invariant($"{test}: {least.TotalSeconds:F2} s of processor time"));
    }

    [Test]
    [Explicit("prints the table of texts of docs/drift/vectors-and-texts.md")]
    [Category("Long")]
    public void Table_of_texts()
    {
        foreach (int count in (int[])[200, 1_000])
        {
            foreach (double other in (double[])[0, 0.01, 0.02, 0.05])
            {
                const int Runs = 200;
                int drifts = 0;
                for (int run = 0; run < Runs; run++)
                {
                    Draws draws = new(run);
                    drifts += TextDrift.Compare(TextDriftTests.Texts(draws, count, missing: 0.05), TextDriftTests.Texts(draws, count, other, missing: 0.05)).Verdict == DriftVerdict.Drift ? 1 : 0;
                }

                TestContext.Out.WriteLine(FormattableString.Invariant($"| {count} | {100 * other:F0} % | {100.0 * drifts / Runs:F1} |"));
            }
        }
    }

    /// <summary>Normal rows whose columns share one factor: correlation one half between any two.</summary>
    private static float[] Rows(Draws draws, int rows, int columns, string change)
    {
        double[] parts = change.Split(' ') is [_, string size] ? [double.Parse(size, System.Globalization.CultureInfo.InvariantCulture)] : [0];
        float[] values = new float[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            double factor = draws.Normal();
            for (int j = 0; j < columns; j++)
            {
                // Where the relation changes, half of the columns no longer follow the factor.
                double own = draws.Normal(), value = change == "relation" && j % 2 == 0 ? own : Math.Sqrt(0.5) * (factor + own);
                values[(i * columns) + j] = (float)(change.StartsWith("all", StringComparison.Ordinal) || (change.StartsWith("one", StringComparison.Ordinal) && j == 0)
                    ? value + parts[0]
                    : change.StartsWith("spread", StringComparison.Ordinal) ? value * parts[0] : value);
            }
        }

        return values;
    }
}
