using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class CountDistanceTests
{
    private static readonly Gen<(long[], long[])> Pairs =
        Gen.Int[1, 20].SelectMany(bins => Gen.Select(Gen.Long[0, 200].Array[bins], Gen.Long[0, 200].Array[bins]));

    [Test]
    public void Distances_are_symmetric_bounded_and_zero_for_equal_counts() =>
        Pairs.Where(static pair => pair.Item1.Sum() > 0 && pair.Item2.Sum() > 0).Sample((r, c) =>
        {
            Assert.That(PopulationStabilityIndex.Compute(r, c), Is.EqualTo(PopulationStabilityIndex.Compute(c, r)).Within(1e-12).And.GreaterThanOrEqualTo(0));
            Assert.That(JensenShannon.DistanceBase2(r, c), Is.EqualTo(JensenShannon.DistanceBase2(c, r)).Within(1e-12).And.InRange(0, 1));
            Assert.That(Hellinger.Distance(r, c), Is.EqualTo(Hellinger.Distance(c, r)).Within(1e-12).And.InRange(0, 1));
            Assert.That(PopulationStabilityIndex.Compute(r, r), Is.Zero);
            Assert.That(JensenShannon.Distance(r, r), Is.Zero.Within(1e-7));
            Assert.That(Hellinger.Distance(r, r), Is.Zero);
        });

    [Test]
    public void No_counts_throw_or_yield_NaN() =>
        Pairs.Sample((r, c) =>
        {
            foreach (TwoSampleResult result in new[] { PopulationStabilityIndex.Test(r, c), JensenShannon.Test(r, c), Hellinger.Test(r, c), ChiSquare.Test(r, c) })
            {
                Assert.That(result.PValue.HasValue, Is.EqualTo(result.Reason is null));
                Assert.That(result.PValue ?? 0, Is.InRange(0, 1));
            }
        });

    [Test]
    public void Stability_index_raises_every_count_by_a_half()
    {
        double p0 = 10.5 / 31, p1 = 20.5 / 31, q0 = 0.5 / 41, q1 = 40.5 / 41;
        double expected = ((p0 - q0) * Math.Log(p0 / q0)) + ((p1 - q1) * Math.Log(p1 / q1));

        Assert.That(PopulationStabilityIndex.Compute([10, 20], [0, 40]), Is.EqualTo(expected).Within(1e-14));
    }

    [Test]
    public void Critical_value_is_the_scaled_chi_squared_quantile()
    {
        Assert.That(PopulationStabilityIndex.CriticalValue(200, 100, 10), Is.EqualTo(0.254).Within(5e-4));
        Assert.That(PopulationStabilityIndex.CriticalValue(2_000, 500, 20), Is.EqualTo(0.075).Within(5e-4));
        Assert.That(PopulationStabilityIndex.CriticalValue(10_000, 10_000, 50), Is.EqualTo(0.0133).Within(5e-5));
    }

    [TestCase(200, 100, 10)]
    [TestCase(2_000, 500, 20)]
    [TestCase(60, 60, 10)]
    public void False_alarms_of_count_tests_are_nominal(int n, int m, int bins)
    {
        const int Runs = 1_500;
        int[] alarms = new int[4];
        for (int run = 0; run < Runs; run++)
        {
            BinEdges edges = BinEdges.FixedWidth(1, bins - 1, bins - 2);
            Histogram r = new(edges), c = new(edges);
            SplitMix64 random = new((ulong)run + 77);
            for (int i = 0; i < n; i++)
                r.Add(bins * random.NextDouble());
            for (int i = 0; i < m; i++)
                c.Add(bins * random.NextDouble());
            alarms[0] += PopulationStabilityIndex.Test(r, c).IsSignificant(0.05) ? 1 : 0;
            alarms[1] += JensenShannon.Test(r.Counts, c.Counts).IsSignificant(0.05) ? 1 : 0;
            alarms[2] += Hellinger.Test(r.Counts, c.Counts).IsSignificant(0.05) ? 1 : 0;
            alarms[3] += ChiSquare.Test(r.Counts, c.Counts).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.All.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.06)), string.Join(' ', alarms));
    }

    [Test]
    public void A_single_bin_or_an_empty_sample_has_a_typed_result()
    {
        Assert.That(PopulationStabilityIndex.Test([5], [7]).Reason, Is.EqualTo(NotComputableReason.SingleCategory));
        Assert.That(ChiSquare.Test([5, 0], [7, 0]).Reason, Is.EqualTo(NotComputableReason.SingleCategory));
        Assert.That(Hellinger.Test([0, 0], [7, 1]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(ChiSquare.Test([], []).Reason, Is.EqualTo(NotComputableReason.EmptySample));
    }

    [Test]
    public void Rare_categories_pool_until_five_are_expected()
    {
        (long[] r, long[] c) = BinMerging.MergeCategories([100, 4, 2, 90, 1], [100, 2, 2, 110, 1]);
        Assert.That(r, Is.EqualTo(new long[] { 100, 90, 7 }));
        Assert.That(c, Is.EqualTo(new long[] { 100, 110, 5 }));

        (r, c) = BinMerging.MergeCategories([100, 50, 1], [100, 60, 0]);
        Assert.That(r.Zip(c), Is.EquivalentTo(new[] { (100L, 100L), (51L, 60L) }));
    }

    [Test]
    public void Ordered_bins_pool_with_their_neighbours()
    {
        (long[] r, long[] c) = BinMerging.MergeOrdered([1, 1, 100, 100, 2], [1, 1, 100, 100, 1]);

        Assert.That(r, Is.EqualTo(new long[] { 102, 102 }));
        Assert.That(c, Is.EqualTo(new long[] { 102, 101 }));
    }

    [Test]
    public void Counts_must_match_and_not_be_negative()
    {
        Assert.That(() => PopulationStabilityIndex.Compute([1, 2], [1]), Throws.ArgumentException.With.Message.Contains("2"));
        Assert.That(() => Hellinger.Distance([-1], [1]), Throws.ArgumentException.With.Message.Contains("-1"));
    }
}
