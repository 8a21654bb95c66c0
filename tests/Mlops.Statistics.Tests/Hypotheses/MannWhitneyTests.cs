using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class MannWhitneyTests
{
    [Test]
    public void U_counts_the_pairs_where_the_reference_is_larger() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 40], Gen.Int[0, 9].Array[1, 40]).Sample((a, b) =>
        {
            double[] x = [.. a.Select(v => (double)v)], y = [.. b.Select(v => (double)v)];
            double expected = x.Sum(v => y.Sum(w => v > w ? 1 : v == w ? 0.5 : 0));
            return MannWhitney.Test(x, y).Statistic == expected;
        });

    [Test]
    public void The_exact_p_value_is_the_share_of_all_rank_sets()
    {
        // All 4-subsets of 9 ranks.
        double[] pooled = [.. Enumerable.Range(0, 9).Select(i => (double)i)];
        int[] masks = [.. Enumerable.Range(0, 1 << 9).Where(mask => System.Numerics.BitOperations.PopCount((uint)mask) == 4)];
        double[] statistics = [.. masks.Select(U)];
        foreach (int mask in masks)
        {
            TwoSampleResult result = MannWhitney.Test(Take(mask), Take(~mask));
            double extreme = double.Max(U(mask), 20 - U(mask));
            double expected = double.Min(1, 2.0 * statistics.Count(u => u >= extreme) / masks.Length);
            Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Exact));
            Assert.That(result.PValue!.Value, Is.EqualTo(expected).Within(1e-13));
        }

        double[] Take(int mask) => [.. pooled.Where((_, i) => (mask >> i & 1) != 0)];
        double U(int mask) => Take(mask).Sum(v => Take(~mask).Count(w => v > w));
    }

    [Test]
    public void The_exact_law_equals_a_count_in_big_integers([Values(9, 40, 150)] int n, [Values(9, 61, 200)] int m)
    {
        System.Numerics.BigInteger[] counts = Counts(n, m);
        System.Numerics.BigInteger below = 0, all = counts.Aggregate(static (a, b) => a + b);
        for (int u = 0; u <= n * m / 2; u++)
        {
            below += counts[u];
            if (u % (1 + (n * m / 40)) != 0)
                continue;
            double expected = Math.Exp(System.Numerics.BigInteger.Log(below) - System.Numerics.BigInteger.Log(all));
            Assert.That(MannWhitneyLaw.LowerTail(n, m, u)!.Value, Is.EqualTo(expected).Within(2e-12 * expected), $"u = {u}");
        }

        // f(n, m, u) = f(n - 1, m, u - m) + f(n, m - 1, u) would need all smaller cases; counting partitions into at most n parts of at most m does not.
        static System.Numerics.BigInteger[] Counts(int n, int m)
        {
            System.Numerics.BigInteger[] counts = new System.Numerics.BigInteger[(n * m) + 1];
            counts[0] = 1;
            for (int k = 1; k <= n; k++)
            {
                for (int s = n * m; s >= m + k; s--)
                    counts[s] -= counts[s - m - k];
                for (int s = k; s <= n * m; s++)
                    counts[s] += counts[s - k];
            }

            return counts;
        }
    }

    [Test]
    public void With_ties_the_exact_p_value_is_the_share_of_all_deals()
    {
        // All 5-subsets of 11 values with ties, deviations from the middle in either direction.
        double[] pooled = [1, 1, 1, 2, 3, 3, 4, 4, 4, 4, 7];
        int[] masks = [.. Enumerable.Range(0, 1 << 11).Where(static mask => int.PopCount(mask) == 5)];
        double[] deviations = [.. masks.Select(Deviation)];
        for (int i = 0; i < masks.Length; i += 7)
        {
            TwoSampleResult result = MannWhitney.Test(Take(masks[i]), Take(~masks[i]));
            double expected = deviations.Count(d => d >= deviations[i] - 1e-9) / (double)masks.Length;
            Assert.That((result.PValueKind, MannWhitney.Test(Take(~masks[i]), Take(masks[i])).PValue), Is.EqualTo((PValueKind.Exact, result.PValue)));
            Assert.That(result.PValue!.Value, Is.EqualTo(expected).Within(1e-13));
        }

        double[] Take(int mask) => [.. pooled.Where((_, i) => (mask >> i & 1) != 0)];
        double Deviation(int mask) => Math.Abs(Take(mask).Sum(v => Take(~mask).Sum(w => v > w ? 1 : v == w ? 0.5 : 0)) - 15);
    }

    [Test]
    public void The_tied_count_of_untied_values_is_the_untied_law()
    {
        double[] x = TestData.Normal(3, 20), y = TestData.Normal(4, 26, mean: 0.5);
        TwoSampleResult untied = MannWhitney.Test(x, y);
        long deviation = (long)Math.Abs((2 * untied.Statistic!.Value) - (20 * 26));
        TiedSamples samples = TiedSamples.Of([.. x.Order()], [.. y.Order()]);
        Assert.That(MannWhitneyLaw.TwoSidedTied(samples, deviation)!.Value, Is.EqualTo(untied.PValue!.Value).Within(1e-12 * untied.PValue.Value));
    }

    [Test]
    public void Relabelling_and_the_exact_law_agree([Values("normal", "discrete5")] string law)
    {
        TwoSampleTestOptions relabelled = new() { Method = PValueMethod.Permutation, Permutations = 4_999 };
        for (ulong seed = 0; seed < 6; seed++)
        {
            double[] x = TestData.Draw(seed, 24, law), y = TestData.Draw(seed + 50, 31, law);
            double p = MannWhitney.Test(x, y).PValue!.Value;
            TwoSampleResult drawn = MannWhitney.Test(x, y, relabelled);
            Assert.That(drawn.PValueKind, Is.EqualTo(PValueKind.Permutation));
            Assert.That(drawn.PValue!.Value, Is.EqualTo(p).Within(0.0005 + (4 * Math.Sqrt(p * (1 - p) / 5_000))));
        }
    }

    [Test]
    public void What_is_too_large_to_count_is_asymptotic_and_near_the_exact_law()
    {
        Assert.That(MannWhitney.Test(TestData.Normal(1, 800), TestData.Normal(2, 800)).PValueKind, Is.EqualTo(PValueKind.Asymptotic));
        Assert.That(MannWhitney.Test(TestData.Draw(1, 100, "discrete5"), TestData.Draw(2, 100, "discrete5")).PValueKind, Is.EqualTo(PValueKind.Asymptotic));
        double[] x = TestData.Normal(5, 300), y = TestData.Normal(6, 300, mean: 0.15);
        double exact = MannWhitney.Test(x, y).PValue!.Value;
        double limit = MannWhitney.Test(x, y, new() { Method = PValueMethod.Asymptotic }).PValue!.Value;
        Assert.That(limit, Is.EqualTo(exact).Within(0.01 * exact));
    }

    [Test]
    public void False_alarms_are_nominal_on_ties_and_heavy_tails([Values("discrete5", "pareto", "zero-inflated")] string law, [Values(20, 80)] int n)
    {
        const int Runs = 1_000;
        int alarms = Enumerable.Range(0, Runs).Count(run =>
            MannWhitney.Test(TestData.Draw((ulong)run * 2, n, law), TestData.Draw(((ulong)run * 2) + 1, n + 10, law)).IsSignificant(0.05));

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.025), TestData.UpperLimit(Runs, 0.06)));
    }

    [Test]
    public void Degenerate_samples_have_typed_results()
    {
        Assert.That(MannWhitney.Test([], [1.0]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(MannWhitney.Test([2.0, 2.0], [2.0]).PValue, Is.EqualTo(1));
        Assert.That(MannWhitney.Test([double.PositiveInfinity], [double.NegativeInfinity]).Statistic, Is.EqualTo(1));
    }

    [Test]
    public void The_effect_is_the_chance_that_a_current_value_is_larger() =>
        Assert.That(MannWhitney.Test([1.0, 2.0], [3.0, 4.0]).Effect!.Value.Value, Is.EqualTo(1));

    [Test]
    public void Samples_too_large_for_the_count_are_judged_by_the_limit()
    {
        TwoSampleResult result = MannWhitney.Test([.. Enumerable.Range(0, 1_000).Select(static i => (double)i)], [.. Enumerable.Range(1_000, 1_000).Select(static i => (double)i)]);
        Assert.That((result.PValueKind, double.IsFinite(result.LogPValue!.Value)), Is.EqualTo((PValueKind.Asymptotic, true)));
    }
}
