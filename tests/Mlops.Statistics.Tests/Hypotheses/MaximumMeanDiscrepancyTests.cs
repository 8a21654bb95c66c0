namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class MaximumMeanDiscrepancyTests
{
    private static readonly MaximumMeanDiscrepancyOptions Quick = new() { Permutations = 99 };

    [Test]
    public void False_alarms_are_nominal([Values("normal", "pareto", "discrete5")] string law)
    {
        const int Runs = 400, Rows = 25, Dimension = 3;
        int alarms = Enumerable.Range(0, Runs).Count(run => MaximumMeanDiscrepancy.Test(
            TestData.Draw((ulong)run * 2, Rows * Dimension, law), TestData.Draw(((ulong)run * 2) + 1, (Rows + 5) * Dimension, law), Dimension, Quick).IsSignificant(0.05));

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.055)));
    }

    [Test]
    public void The_linear_time_form_is_calibrated_and_sees_large_shifts()
    {
        const int Runs = 400, Rows = 400, Dimension = 2;
        MaximumMeanDiscrepancyOptions fixedWidth = new() { Bandwidth = 1 };
        int alarms = 0, seen = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            double[] x = TestData.Normal(run * 2, Rows * Dimension), y = TestData.Normal((run * 2) + 1, Rows * Dimension);
            alarms += MaximumMeanDiscrepancy.LinearTimeTest(x, y, Dimension, fixedWidth).IsSignificant(0.05) ? 1 : 0;
            seen += MaximumMeanDiscrepancy.LinearTimeTest(x, [.. y.Select(v => v + 1)], Dimension, fixedWidth).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.06)));
        Assert.That(seen, Is.GreaterThan(0.9 * Runs));
    }

    [Test]
    public void A_changed_correlation_is_seen_that_no_single_column_shows()
    {
        const int Rows = 200;
        double[] x = new double[2 * Rows], y = new double[2 * Rows];
        SplitMix64 random = new(7);
        for (int i = 0; i < Rows; i++)
        {
            double a = random.NextNormal(), b = random.NextNormal(), c = random.NextNormal();
            (x[2 * i], x[(2 * i) + 1]) = (a, b);
            (y[2 * i], y[(2 * i) + 1]) = (c, (0.9 * c) + (Math.Sqrt(1 - 0.81) * random.NextNormal()));
        }

        Assert.That(MaximumMeanDiscrepancy.Test(x, y, 2).PValue!.Value, Is.EqualTo(0.001).Within(1e-12));
    }

    [Test]
    public void Samples_and_columns_may_be_swapped()
    {
        double[] x = TestData.Normal(1, 60), y = TestData.Normal(2, 90, mean: 0.3);
        TwoSampleResult result = MaximumMeanDiscrepancy.Test(x, y, 3, Quick);
        Assert.That(MaximumMeanDiscrepancy.Test(y, x, 3, Quick).Statistic!.Value, Is.EqualTo(result.Statistic!.Value).Within(1e-14));
        Assert.That(MaximumMeanDiscrepancy.Test(Reversed(x), Reversed(y), 3, Quick).Statistic!.Value, Is.EqualTo(result.Statistic.Value).Within(1e-14));

        static double[] Reversed(double[] rows) => [.. rows.Chunk(3).SelectMany(static row => row.Reverse())];
    }

    [TestCase(2, 2, 1)]
    [TestCase(7, 9, 3)]
    [TestCase(16, 16, 5)]
    [TestCase(33, 18, 64)]
    [TestCase(50, 3, 2)]
    public void Sums_are_those_of_a_plain_loop_and_the_same_bits_at_every_width(int n, int m, int dimension)
    {
        double[] rows = [.. TestData.Normal(1, n * dimension), .. TestData.Normal(2, m * dimension, mean: 0.4)];
        double bandwidth = Math.Sqrt(dimension), ofReference = 0, ofCurrent = 0, between = 0;
        GaussianSums wide = GaussianSums.Of<Lanes512>(rows, dimension, n, bandwidth, keepMatrix: true);
        for (int i = 0; i < n + m; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double square = 0;
                for (int d = 0; d < dimension; d++)
                    square += Math.Pow(rows[(i * dimension) + d] - rows[(j * dimension) + d], 2);
                double kernel = Math.Exp(-square / (2 * bandwidth * bandwidth));
                Assert.That(wide.Matrix[(i * GaussianSums.Stride(n + m)) + j], Is.EqualTo(kernel).Within(1e-7 * kernel));
                (ofReference, ofCurrent, between) = (ofReference + (i < n ? kernel : 0), ofCurrent + (j >= n ? kernel : 0), between + (i >= n && j < n ? kernel : 0));
            }
        }

        Assert.That(wide.OfReference, Is.EqualTo(ofReference).Within(1e-13 * ofReference));
        Assert.That(wide.OfCurrent, Is.EqualTo(ofCurrent).Within(1e-13 * ofCurrent));
        Assert.That(wide.Between, Is.EqualTo(between).Within(1e-13 * between));
        foreach (GaussianSums other in (GaussianSums[])[GaussianSums.Of<Lanes256>(rows, dimension, n, bandwidth, true), GaussianSums.Of<Lanes128>(rows, dimension, n, bandwidth, true)])
        {
            Assert.That((other.OfReference, other.OfCurrent, other.Between), Is.EqualTo((wide.OfReference, wide.OfCurrent, wide.Between)));
            Assert.That(other.Matrix, Is.EqualTo(wide.Matrix));
        }
    }

    [Test]
    public void Relabelled_sums_are_those_of_a_plain_loop_and_the_same_bits_at_every_width([Values(2, 5, 16, 39)] int rows)
    {
        float[] matrix = GaussianSums.Of(TestData.Normal(3, rows * 2), 2, rows / 2, 1, keepMatrix: true).Matrix;
        SplitMix64 random = new(4);
        double[] labels = [.. Enumerable.Range(0, rows * LaneTree.Count).Select(_ => (double)random.NextInt(2))];
        double[] inside = new double[LaneTree.Count], between = new double[LaneTree.Count];
        GaussianRelabelling.Sum<Lanes512>(matrix, labels, inside, between);
        for (int lane = 0; lane < LaneTree.Count; lane++)
        {
            double both = 0, one = 0;
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < i; j++)
                {
                    double sum = labels[(i * LaneTree.Count) + lane] + labels[(j * LaneTree.Count) + lane], kernel = matrix[(i * GaussianSums.Stride(rows)) + j];
                    (both, one) = (both + (sum == 2 ? kernel : 0), one + (sum == 1 ? kernel : 0));
                }
            }

            Assert.That(inside[lane], Is.EqualTo(both).Within(1e-12 * (1 + both)));
            Assert.That(between[lane], Is.EqualTo(one).Within(1e-12 * (1 + one)));
        }

        double[] otherInside = new double[LaneTree.Count], otherBetween = new double[LaneTree.Count];
        GaussianRelabelling.Sum<Lanes256>(matrix, labels, otherInside, otherBetween);
        Assert.That((otherInside, otherBetween), Is.EqualTo((inside, between)));
        GaussianRelabelling.Sum<Lanes128>(matrix, labels, otherInside, otherBetween);
        Assert.That((otherInside, otherBetween), Is.EqualTo((inside, between)));
    }

    [Test]
    public void The_p_value_is_that_of_relabelling_row_by_row()
    {
        const int Dimension = 2, Permutations = 60;
        double[] x = TestData.Normal(11, 14 * Dimension), y = TestData.Normal(12, 21 * Dimension, mean: 0.35);
        double[][] rows = [.. x.Concat(y).Chunk(Dimension)];
        MaximumMeanDiscrepancyOptions options = new() { Permutations = Permutations, Seed = 5, Bandwidth = 1.3 };
        int[] order = [.. Enumerable.Range(0, 35)];
        double observed = Of(order);
        SplitMix64 random = new(5);
        int extreme = 0;
        for (int round = 0; round < Permutations; round++)
        {
            random.Shuffle(order.AsSpan());
            extreme += Of(order) >= observed - 1e-7 ? 1 : 0;
        }

        Assert.That(MaximumMeanDiscrepancy.Test(x, y, Dimension, options).PValue, Is.EqualTo((extreme + 1.0) / (Permutations + 1)));
        Assert.That(MaximumMeanDiscrepancy.Estimate(x, y, Dimension, options), Is.EqualTo(observed).Within(1e-13));

        double Of(int[] order) => MaximumMeanDiscrepancy.Test(
            [.. order.Take(14).SelectMany(i => rows[i])], [.. order.Skip(14).SelectMany(i => rows[i])], Dimension, new() { Permutations = 1, Bandwidth = 1.3 }).Statistic!.Value;
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = [1, 2, 3, 4];
        Assert.That(MaximumMeanDiscrepancy.Test([], some, 2).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(MaximumMeanDiscrepancy.Test([1, double.NaN, 5, 6], some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues), "a row that is not finite is left out");
        Assert.That(MaximumMeanDiscrepancy.Test([1, 1, 1], [1, 1, 1], 1).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(MaximumMeanDiscrepancy.LinearTimeTest(some, some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(MaximumMeanDiscrepancy.Test([1, 1, 1, 1, 9], [1, 1, 1, 1], 1).PValue, Is.InRange(0.1, 1.0), "most rows equal");
        Assert.That(() => MaximumMeanDiscrepancy.Test([1, 2, 3], some, 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => MaximumMeanDiscrepancy.Test(some, some, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => MaximumMeanDiscrepancy.Test(new double[4_000], new double[4_000], 1), Throws.ArgumentException.With.Message.Contains("LinearTimeTest"));
        Assert.That(() => new MaximumMeanDiscrepancyOptions { Bandwidth = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new MaximumMeanDiscrepancyOptions { Permutations = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
