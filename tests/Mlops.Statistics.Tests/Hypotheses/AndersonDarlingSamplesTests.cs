namespace Mlops.Statistics.Tests;

/// <summary>The Anderson-Darling test of several samples: published figures, its limit law, level and power, degenerate data.</summary>
[TestFixture]
internal sealed class AndersonDarlingSamplesTests
{
    // Smoothness of paper in four laboratories (Scholz and Stephens 1987, after Lehmann).
    private static readonly double[][] Laboratories =
    [
        [38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0],
        [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
        [34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0],
        [34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8],
    ];

    private static readonly TwoSampleTestOptions Limit = new() { Method = PValueMethod.Asymptotic };
    private static readonly TwoSampleTestOptions Quick = new() { Permutations = 99, Method = PValueMethod.Permutation };

    [TestCase(TieRule.RightEdge, 4.449, 0.0021)]
    [TestCase(TieRule.Midrank, 4.480, 0.0020)]
    public void The_papers_example_is_met(TieRule ties, double statistic, double p)
    {
        KSampleResult result = AndersonDarling.TestSamples(Laboratories, Limit, ties);
        Assert.That(result.Statistic!.Value, Is.EqualTo(statistic).Within(0.0005));
        Assert.That(result.PValue!.Value, Is.EqualTo(p).Within(0.00025));
        Assert.That(AndersonDarling.TestSamples(Laboratories, ties: ties).PValue!.Value, Is.EqualTo(p).Within(0.0015), "relabelled");
    }

    // R's kSamples 1.2-6 on 1..100 and the same shifted.
    [TestCase(40.5, TieRule.RightEdge, 41.105, 5e-4, null)]
    [TestCase(40.5, TieRule.Midrank, 41.235, 5e-4, null)]
    [TestCase(0.5, TieRule.RightEdge, -1.2824, 5e-5, null)]
    [TestCase(0.5, TieRule.Midrank, -1.2944, 5e-5, null)]
    [TestCase(7.5, TieRule.RightEdge, 1.4923, 5e-5, 0.077501)]
    [TestCase(6, TieRule.Midrank, 0.63892, 5e-6, 0.17981)]
    [TestCase(11.5, TieRule.RightEdge, 4.5042, 5e-5, 0.00545)]
    [TestCase(13.5, TieRule.RightEdge, 6.2982, 5e-5, 0.00118)]
    public void Another_implementation_is_met(double shift, TieRule ties, double statistic, double within, double? p)
    {
        double[] x = [.. Enumerable.Range(1, 100).Select(static i => (double)i)];
        KSampleResult result = AndersonDarling.TestSamples([x, [.. x.Select(v => v + shift)]], Limit, ties);
        Assert.That(result.Statistic!.Value, Is.EqualTo(statistic).Within(within));
        if (p is double expected)
            Assert.That(result.PValue!.Value, Is.EqualTo(expected).Within(0.03 * expected), "that p interpolates a table; the law itself is tested below");
    }

    [Test]
    public void Two_samples_are_the_two_sample_test([Values("normal", "discrete5")] string law, [Values] PValueMethod method)
    {
        double[] x = TestData.Draw(1, 45, law), y = TestData.Draw(2, 60, law);
        TwoSampleTestOptions options = new() { Method = method, Permutations = 199 };
        TwoSampleResult two = AndersonDarling.Test(x, y, options);
        KSampleResult many = AndersonDarling.TestSamples([x, y], options);
        Assert.That(many.Statistic!.Value, Is.EqualTo(two.Statistic!.Value).Within(1e-12));
        Assert.That(many.PValueKind, Is.EqualTo(two.PValueKind));

        // Labels are dealt in another order, so relabelled p-values differ by chance.
        Assert.That(many.PValue!.Value, Is.EqualTo(two.PValue!.Value).Within(two.PValueKind == PValueKind.Permutation ? 0.15 : 1e-11));
    }

    [Test]
    public void The_limit_law_of_two_samples_is_the_series([Values(0.1, 0.4, 1.0, 2.492, 10, 200, 1e5)] double x)
    {
        double expected = AndersonDarlingDistribution.LogSurvival(x);
        Assert.That(AndersonDarlingDistribution.LogSurvival(x, 2), Is.EqualTo(expected).Within(1e-12 * double.Max(1, Math.Abs(expected)) * (x > 1e3 ? 10 : 1)));
    }

    [Test]
    public void The_limit_law_of_three_samples_is_a_sum_of_exponentials([Values(0.8, 1.5, 2, 4, 12, 80, 900)] double x)
    {
        // With two degrees of freedom every singularity is a simple pole: sum of (-1)^(j + 1) (2 j + 1) e^(-j (j + 1) x / 2).
        double sum = 0;
        for (int j = 1; j < 60; j++)
            sum += (j % 2 == 0 ? -1 : 1) * ((2 * j) + 1) * Math.Exp((-0.5 * j * (j + 1) * x) + x);
        Assert.That(AndersonDarlingDistribution.LogSurvival(x, 3), Is.EqualTo(Math.Log(sum) - x).Within(1e-12 * double.Max(1, x)));
    }

    [TestCase(4, 1.0)]
    [TestCase(6, 1.6)]
    [TestCase(15, 1.2)]
    public void The_limit_law_convolves(int samples, double relative)
    {
        // P(A + B > x) with A and B of fewer degrees of freedom, by the trapezoidal rule of the Stieltjes integral over B, extrapolated from two widths.
        const int Steps = 160;
        int left = samples / 2, right = samples + 1 - left;
        double x = relative * (samples - 1);
        double[] a = [.. Enumerable.Range(0, Steps + 1).Select(i => Survival(left, x * i / Steps))];
        double[] b = [.. Enumerable.Range(0, Steps + 1).Select(i => Survival(right, x * i / Steps))];
        double expected = ((4 * Sum(1)) - Sum(2)) / 3;

        Assert.That(Survival(samples, x), Is.EqualTo(expected).Within(1e-5 * expected));

        double Sum(int stride)
        {
            double sum = b[Steps];
            for (int i = 0; i < Steps; i += stride)
                sum += (b[i] - b[i + stride]) * 0.5 * (a[Steps - i] + a[Steps - i - stride]);
            return sum;
        }

        static double Survival(int samples, double x) => Math.Exp(AndersonDarlingDistribution.LogSurvival(x, samples));
    }

    // Scholz and Stephens (1987), standardized points at 25, 10, 5, 2.5 and 1 %, smoothed over the number of samples.
    [TestCase(4, 0.4985, 1.3237, 1.9158, 2.4930, 3.2459)]
    [TestCase(14, 0.5990, 1.3269, 1.8052, 2.2486, 2.8009)]
    public void The_papers_critical_points_are_met(int samples, params double[] points)
    {
        double[] levels = [0.25, 0.10, 0.05, 0.025, 0.01];
        double freedom = samples - 1, deviation = Math.Sqrt(freedom * AndersonDarlingDistribution.Variance);
        for (int i = 0; i < points.Length; i++)
            Assert.That(Math.Exp(AndersonDarlingDistribution.LogSurvival(freedom + (points[i] * deviation), samples)), Is.EqualTo(levels[i]).Within(0.03 * levels[i]));
    }

    [Test]
    public void False_alarms_are_nominal([Values("normal", "pareto", "discrete5")] string law, [Values] TieRule ties)
    {
        const int Runs = 300;
        int alarms = Enumerable.Range(0, Runs).Count(run => AndersonDarling.TestSamples(Draw(run, law), law == "discrete5" ? Quick : null, ties).IsSignificant(0.05));
        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.03), TestData.UpperLimit(Runs, 0.055)));

        static double[][] Draw(int run, string law) => [.. Enumerable.Range(0, 4).Select(i => TestData.Draw((ulong)((4 * run) + i), 25 + (10 * i), law))];
    }

    [Test]
    public void One_sample_of_five_that_differs_is_seen_and_the_order_of_samples_does_not_matter()
    {
        double[][] samples = [.. Enumerable.Range(0, 5).Select(static i => TestData.Normal((ulong)i, 80, deviation: i == 3 ? 2 : 1))];
        KSampleResult result = AndersonDarling.TestSamples(samples);
        Assert.That(result.PValue!.Value, Is.LessThan(0.005));
        Assert.That(AndersonDarling.TestSamples([.. samples.Reverse()]).Statistic!.Value, Is.EqualTo(result.Statistic!.Value).Within(1e-11));
        Assert.That(result.Counts, Is.EqualTo((int[])[80, 80, 80, 80, 80]));
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        Assert.That(AndersonDarling.TestSamples([[1], [double.NaN], [2]]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(AndersonDarling.TestSamples([[1], [1], [2]]).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(AndersonDarling.TestSamples([[1, 1], [1], [1]]).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(AndersonDarling.TestSamples([[1, double.PositiveInfinity], [1], [double.NegativeInfinity]]).PValue, Is.InRange(0.0, 1.0));
        Assert.That(() => AndersonDarling.TestSamples([[1, 2]]), Throws.ArgumentException.With.Message.Contains("At least two samples"));
        Assert.That(() => AndersonDarling.TestSamples([[1], null!]), Throws.ArgumentNullException);
        Assert.That(() => AndersonDarling.TestSamples(null!), Throws.ArgumentNullException);
        Assert.That(() => AndersonDarling.TestSamples([[1], [2]], ties: (TieRule)7), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
