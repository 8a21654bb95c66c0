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
    public void False_alarms_are_nominal_on_ties_and_heavy_tails([Values("discrete5", "pareto", "zero-inflated")] string law)
    {
        const int Runs = 1_500;
        int alarms = Enumerable.Range(0, Runs).Count(run =>
            MannWhitney.Test(TestData.Draw((ulong)run * 2, 50, law), TestData.Draw(((ulong)run * 2) + 1, 60, law)).IsSignificant(0.05));

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
}
