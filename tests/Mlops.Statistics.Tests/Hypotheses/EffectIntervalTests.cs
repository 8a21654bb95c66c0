namespace Mlops.Statistics.Tests;

/// <summary>Intervals of effects: they cover a known truth as often as they say, and stay in range on the extremes.</summary>
[TestFixture]
internal sealed class EffectIntervalTests
{
    private const int Runs = 400;

    [Test]
    public void The_tendency_of_a_shift_is_covered([Values(0, 0.5, 2)] double shift, [Values(15, 80)] int n)
    {
        double truth = NormalDistribution.Cumulative(shift / Math.Sqrt(2));
        AssertCoverage(truth, run => MannWhitney.Test(TestData.Normal(2 * run, n), TestData.Normal((2 * run) + 1, n + 10, shift)), exact: true);
    }

    [Test]
    public void The_gap_of_a_shift_is_covered(
        [Values("cramer-von-mises", "anderson-darling", "epps-singleton", "kuiper", "kolmogorov-smirnov")] string test, [Values(0, 1)] double shift)
    {
        // For a shift of a normal law both one-sided gaps are at the middle and one of them is 0, so that Kuiper's V is D.
        double truth = (2 * NormalDistribution.Cumulative(shift / 2)) - 1;
        AssertCoverage(truth, run =>
        {
            double[] x = TestData.Normal(2 * run, 60), y = TestData.Normal((2 * run) + 1, 90, shift);
            TwoSampleTestOptions quick = new() { Permutations = 9 };
            return test switch
            {
                "cramer-von-mises" => CramerVonMises.Test(x, y, quick),
                "anderson-darling" => AndersonDarling.Test(x, y, quick),
                "epps-singleton" => EppsSingleton.Test(x, y),
                "kuiper" => Kuiper.Test(x, y, quick),
                _ => KolmogorovSmirnov.Test(x, y),
            };
        }, exact: false);
    }

    [Test]
    public void An_odds_ratio_is_covered([Values(0.1, 0.5)] double first, [Values(0.1, 0.6)] double second)
    {
        double truth = second / (1 - second) * ((1 - first) / first);
        AssertCoverage(truth, run => FisherExact.Test(Hits(2 * run, 80, first), 80, Hits((2 * run) + 1, 120, second), 120), exact: true);
    }

    [Test]
    public void Cramers_v_is_covered([Values("equal", "moved")] string law, [Values("pearson", "likelihood-ratio")] string test)
    {
        double[] first = [0.1, 0.2, 0.3, 0.4], second = law == "equal" ? first : [0.2, 0.2, 0.3, 0.3];
        double truth = 0;
        for (int i = 0; i < first.Length; i++)
        {
            double pooled = (0.4 * first[i]) + (0.6 * second[i]);
            truth += ((0.4 * Square(first[i] - pooled)) + (0.6 * Square(second[i] - pooled))) / pooled;
        }

        AssertCoverage(Math.Sqrt(truth), run =>
        {
            long[] x = Table(2 * run, 400, first), y = Table((2 * run) + 1, 600, second);
            return test == "pearson" ? ChiSquare.Test(x, y) : GTest.Test(x, y);
        }, exact: false);
    }

    [Test]
    public void The_discrepancy_of_two_normal_laws_is_covered([Values(0, 1)] double shift)
    {
        const double Bandwidth = 1.5, Wide = (Bandwidth * Bandwidth) + 2;
        double truth = 2 * Bandwidth / Math.Sqrt(Wide) * (1 - Math.Exp(-shift * shift / (2 * Wide)));
        AssertCoverage(
            truth,
            run => MaximumMeanDiscrepancy.LinearTimeTest(
                TestData.Normal(2 * run, 400), TestData.Normal((2 * run) + 1, 400, shift), 1, new() { Bandwidth = Bandwidth }),
            exact: true);
    }

    /// <summary>Against the inversion of the exact law, a Poisson mixture of central ones.</summary>
    [TestCase(12.3, 1, 2.3937, 29.8892)]
    [TestCase(25, 4, 6.9147, 44.8941)]
    [TestCase(100, 9, 57.4781, 134.2846)]
    [TestCase(2_000, 3, 1_826.5813, 2_177.1026)]
    [TestCase(6, 5, 0, 13.9855)]
    public void Noncentralities_agree_with_the_exact_law(double statistic, double freedom, double lower, double upper)
    {
        (double low, double high) = NoncentralChiSquared.Interval(statistic, freedom);
        Assert.That(low, Is.EqualTo(lower).Within(0.002 * upper));
        Assert.That(high, Is.EqualTo(upper).Within(0.002 * upper));
    }

    [Test]
    public void Extremes_stay_in_range()
    {
        EffectSize apart = MannWhitney.Test([1.0, 2, 3], [4.0, 5, 6]).Effect!.Value;
        Assert.That((apart.Value, apart.Upper), Is.EqualTo((1.0, 1.0)));
        Assert.That(apart.Lower, Is.InRange(0.4, 0.9));
        Assert.That(MannWhitney.Test([1.0], [1.0]).Effect!.Value.Lower, Is.InRange(0, 0.1));

        EffectSize none = FisherExact.Test(5, 20, 0, 20).Effect!.Value;
        Assert.That((none.Value, none.Lower), Is.EqualTo((0.0, 0.0)));
        Assert.That(none.Upper, Is.InRange(0.1, 2));

        EffectSize equal = ChiSquare.Test([50, 50, 50], [50, 50, 50]).Effect!.Value;
        Assert.That((equal.Value, equal.Lower), Is.EqualTo((0.0, 0.0)));
        Assert.That(equal.Upper, Is.InRange(0, 0.2));
        EffectSize disjoint = ChiSquare.Test([50, 0], [0, 50]).Effect!.Value;
        Assert.That((disjoint.Value, disjoint.Upper), Is.EqualTo((1.0, 1.0)));
        Assert.That(disjoint.Lower, Is.InRange(0.7, 1));
    }

    [Test]
    public void Options_refuse_what_they_cannot_do()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new TwoSampleTestOptions { Method = (PValueMethod)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new KolmogorovSmirnovOptions { Method = (PValueMethod)(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = new KolmogorovSmirnovOptions { MaximumCells = -1 });
        Assert.That(KolmogorovSmirnov.Test([1.0, 2, 3], [4.0, 5, 6], new() { MaximumCells = 0 }).PValueKind, Is.EqualTo(PValueKind.Asymptotic));
    }

    /// <summary>All ways to hand over the same samples give the same answer.</summary>
    [Test]
    public void Overloads_agree()
    {
        double[] x = [.. TestData.Normal(1, 50).Select(v => (double)(float)v)], y = [.. TestData.Normal(2, 60, 0.4).Select(v => (double)(float)v)];
        float[] singleX = TestData.ToSingle(x), singleY = TestData.ToSingle(y);
        PreparedSample preparedX = PreparedSample.From(x), preparedY = PreparedSample.From(y);
        TwoSampleTestOptions quick = new() { Permutations = 99 };
        Equal(CramerVonMises.Test(x, y, quick), CramerVonMises.Test(preparedX, singleY, quick), CramerVonMises.Test(preparedX, preparedY, quick));
        Equal(AndersonDarling.Test(x, y, quick), AndersonDarling.Test(preparedX, singleY, quick), AndersonDarling.Test(preparedX, preparedY, quick));
        Equal(Kuiper.Test(x, y, quick), Kuiper.Test(preparedX, singleY, quick), Kuiper.Test(preparedX, preparedY, quick));
        Equal(MannWhitney.Test(x, y, quick), MannWhitney.Test(preparedX, singleY, quick), MannWhitney.Test(preparedX, preparedY, quick));
        Equal(EppsSingleton.Test(x, y), EppsSingleton.Test(singleX, singleY));
        Equal(
            EnergyDistance.Test(x, y, quick), EnergyDistance.Test(singleX, singleY, quick), EnergyDistance.Test(preparedX, y, quick),
            EnergyDistance.Test(preparedX, singleY, quick), EnergyDistance.Test(preparedX, preparedY, quick));
        Equal(
            Wasserstein.Test(x, y, quick), Wasserstein.Test(singleX, singleY, quick), Wasserstein.Test(preparedX, y, quick),
            Wasserstein.Test(preparedX, singleY, quick), Wasserstein.Test(preparedX, preparedY, quick));
        Equal(EnergyDistance.Distance(x, y), EnergyDistance.Distance(singleX, singleY), EnergyDistance.Distance(preparedX, singleY), EnergyDistance.Distance(preparedX, preparedY));
        Equal(Wasserstein.Distance(x, y), Wasserstein.Distance(preparedX, singleY), Wasserstein.Distance(preparedX, preparedY));
        Equal(Wasserstein.NormedDistance(x, y), Wasserstein.NormedDistance(singleX, singleY), Wasserstein.NormedDistance(preparedX, y));
    }

    [Test]
    public void Histograms_are_compared_as_their_counts()
    {
        BinEdges edges = BinEdges.FromQuantiles(TestData.Normal(1, 500), 8);
        Histogram x = new(edges), y = new(edges);
        x.Add(TestData.Normal(2, 300));
        y.Add(TestData.Normal(3, 200, 0.3));
        long[] r = [.. x.Counts], c = [.. y.Counts];
        Equal(JensenShannon.Test(r, c), JensenShannon.Test(x, y));
        Equal(Hellinger.Test(r, c), Hellinger.Test(x, y));
        Equal(KullbackLeibler.Test(r, c), KullbackLeibler.Test(x, y));
        Equal(JensenShannon.Distance(r, c), JensenShannon.Distance(x, y));
        Equal(Hellinger.Distance(r, c), Hellinger.Distance(x, y));
        Equal(KullbackLeibler.Divergence(r, c), KullbackLeibler.Divergence(x, y));
        Equal(ShareDistance.TotalVariation(r, c), ShareDistance.TotalVariation(x, y));
        Equal(ShareDistance.LInfinity(r, c), ShareDistance.LInfinity(x, y));
        Assert.Throws<ArgumentException>(() => Hellinger.Test(x, new Histogram(BinEdges.FromQuantiles(TestData.Normal(9, 500), 8))));
    }

    private static void Equal<T>(T expected, params T[] others)
    {
        Assert.That(expected, Is.Not.Null);
        Assert.That(others, Is.All.EqualTo(expected));
    }

    /// <summary>Conservative intervals may cover always, others at most a little more often than 95 %.</summary>
    private static void AssertCoverage(double truth, Func<ulong, TwoSampleResult> test, bool exact)
    {
        int covered = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            EffectSize effect = test(run).Effect!.Value;
            Assert.That(effect.Lower, Is.LessThanOrEqualTo(effect.Value));
            Assert.That(effect.Upper, Is.GreaterThanOrEqualTo(effect.Value));
            covered += effect.Lower <= truth + 1e-12 && truth <= effect.Upper + 1e-12 ? 1 : 0;
        }

        Assert.That(covered, Is.InRange(TestData.LowerLimit(Runs, 0.94), exact ? TestData.UpperLimit(Runs, 0.97) : Runs));
    }

    private static double Square(double x) => x * x;

    private static long Hits(ulong seed, int count, double share) => Table(seed, count, [share, 1 - share])[0];

    private static long[] Table(ulong seed, int count, double[] shares)
    {
        SplitMix64 random = new(StableHash.Of(seed));
        long[] table = new long[shares.Length];
        for (int i = 0; i < count; i++)
        {
            double u = random.NextDouble();
            int bin = 0;
            while (bin < shares.Length - 1 && u >= shares[bin])
                u -= shares[bin++];
            table[bin]++;
        }

        return table;
    }
}
