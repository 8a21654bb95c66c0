using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class KolmogorovSmirnovTests
{
    [Test]
    public void The_statistic_is_the_largest_gap_of_the_step_functions() =>
        Gen.Select(Gen.Int[-6, 6].Array[1, 40], Gen.Int[-6, 6].Array[1, 40]).Sample((a, b) =>
        {
            double[] x = [.. a.Select(v => (double)v)], y = [.. b.Select(v => (double)v)];
            long expected = x.Concat(y).Max(t => Math.Abs(((long)x.Count(v => v <= t) * y.Length) - ((long)y.Count(v => v <= t) * x.Length)));
            bool tied = x.Concat(y).Distinct().Count() < x.Length + y.Length;
            return EcdfMerge.Compare(SampleSort.Sorted(x), SampleSort.Sorted(y)) == (expected, tied);
        });

    [Test]
    public void Searching_for_few_values_finds_the_same_gap() =>
        Gen.Select(Gen.Int[-30, 30].Array[1, 200], Gen.Int[-30, 30].Array[1, 20]).Sample((a, b) =>
        {
            double[] many = SampleSort.Sorted([.. a.Select(Spread)]), few = SampleSort.Sorted([.. b.Select(Spread)]);
            return EcdfMerge.CompareFew(many, few) == EcdfMerge.Compare(many, few).Numerator;

            static double Spread(int v) => v switch { 30 => double.PositiveInfinity, -30 => double.NegativeInfinity, _ => v * 0.5 };
        });

    [Test]
    public void A_small_window_against_a_large_reference_agrees_with_the_merge()
    {
        PreparedSample reference = PreparedSample.From(TestData.Normal(43, 300_000));
        double[] window = TestData.Normal(44, 900, 0.3);
        TwoSampleResult result = KolmogorovSmirnov.Test(reference, window);

        Assert.That(result.Statistic, Is.EqualTo(EcdfMerge.Compare(reference.Sorted, SampleSort.Sorted(window)).Numerator / (300_000.0 * 900)));
        Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Asymptotic));
    }

    [Test]
    public void The_exact_p_value_is_the_share_of_all_relabellings() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 6], Gen.Int[0, 9].Array[1, 6]).Sample((a, b) =>
        {
            double[] x = [.. a.Select(v => (double)v)], y = [.. b.Select(v => (double)v)];
            TwoSampleResult result = KolmogorovSmirnov.Test(x, y);
            Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Exact));
            Assert.That(result.PValue!.Value, Is.EqualTo(BruteForce(x, y)).Within(1e-12));
        }, iter: 200);

    [Test]
    public void Extreme_tails_keep_their_logarithm()
    {
        // Disjoint samples: two of the C(2n, n) orders separate them.
        int n = 4_000;
        double[] low = [.. Enumerable.Range(0, n).Select(i => (double)i)], high = [.. low.Select(v => v + n)];
        LogFactorials factorials = LogFactorials.UpTo(2 * n);
        TwoSampleResult result = KolmogorovSmirnov.Test(low, high);

        Assert.That(result.PValueKind, Is.EqualTo(PValueKind.Exact));
        Assert.That(result.Statistic, Is.EqualTo(1));
        Assert.That(result.PValue, Is.Zero);
        Assert.That(result.LogPValue!.Value, Is.EqualTo(Math.Log(2) - factorials.LogChoose(2 * n, n)).Within(1e-9));
    }

    [Test]
    public void Swapping_the_samples_changes_nothing() =>
        Gen.Select(Gen.Double[-3, 3].Array[1, 60], Gen.Double[-3, 3].Array[1, 60]).Sample((x, y) =>
        {
            TwoSampleResult forward = KolmogorovSmirnov.Test(x, y), backward = KolmogorovSmirnov.Test(y, x);
            return forward.Statistic == backward.Statistic && Math.Abs(forward.PValue!.Value - backward.PValue!.Value) <= 1e-12;
        });

    [Test]
    public void A_monotone_transformation_changes_nothing() =>
        Gen.Select(Gen.Double[-3, 3].Array[1, 60], Gen.Double[-3, 3].Array[1, 60]).Sample((x, y) =>
            KolmogorovSmirnov.Test(x, y) == KolmogorovSmirnov.Test(Array.ConvertAll(x, v => 8 * v), Array.ConvertAll(y, v => 8 * v)));

    [Test]
    public void A_prepared_reference_gives_the_same_answer_in_either_precision()
    {
        double[] x = Array.ConvertAll(TestData.Normal(41, 900), v => (double)(float)v), y = Array.ConvertAll(TestData.Normal(42, 700, 0.1), v => (double)(float)v);
        TwoSampleResult expected = KolmogorovSmirnov.Test(x, y);
        PreparedSample prepared = PreparedSample.From(x);

        Assert.That(KolmogorovSmirnov.Test(prepared, y), Is.EqualTo(expected));
        Assert.That(KolmogorovSmirnov.Test(prepared, TestData.ToSingle(y)), Is.EqualTo(expected));
        Assert.That(KolmogorovSmirnov.Test(TestData.ToSingle(x), TestData.ToSingle(y)), Is.EqualTo(expected));
        Assert.That(KolmogorovSmirnov.Test(prepared, PreparedSample.From(y)), Is.EqualTo(expected));
    }

    [Test]
    public void Degenerate_samples_have_typed_results()
    {
        TwoSampleResult empty = KolmogorovSmirnov.Test([], [1.0]);
        TwoSampleResult allNaN = KolmogorovSmirnov.Test([double.NaN], [1.0]);
        TwoSampleResult single = KolmogorovSmirnov.Test([1.0], [2.0]);
        TwoSampleResult constant = KolmogorovSmirnov.Test([3.0, 3.0], [3.0, 3.0, 3.0]);
        TwoSampleResult infinite = KolmogorovSmirnov.Test([double.NegativeInfinity, 1, double.PositiveInfinity], [double.NegativeInfinity, 1, double.PositiveInfinity]);
        TwoSampleResult zeros = KolmogorovSmirnov.Test([-0.0, -0.0], [0.0, 0.0]);

        Assert.That((empty.Statistic, empty.PValue, empty.Reason), Is.EqualTo(((double?)null, (double?)null, (NotComputableReason?)NotComputableReason.EmptySample)));
        Assert.That(allNaN.Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That((single.Statistic, single.PValue, single.Reason), Is.EqualTo(((double?)1, (double?)1, (NotComputableReason?)null)));
        Assert.That((constant.Statistic, constant.PValue), Is.EqualTo(((double?)0, (double?)1)));
        Assert.That((infinite.Statistic, infinite.PValue), Is.EqualTo(((double?)0, (double?)1)));
        Assert.That(zeros.Statistic, Is.Zero);
    }

    [Test]
    public void No_input_throws_or_yields_NaN() =>
        Gen.Select(Gen.Double.Array[0, 30], Gen.Double.Array[0, 30]).Sample((x, y) =>
        {
            TwoSampleResult result = KolmogorovSmirnov.Test(x, y);
            return (result.Reason is null) == result.PValue.HasValue && result.PValue is not (< 0 or > 1 or double.NaN);
        });

    [Test]
    public void Permutation_agrees_with_the_exact_law_and_repeats_with_its_seed()
    {
        double[] x = TestData.Draw(43, 40, "discrete5"), y = TestData.Draw(44, 50, "discrete5");
        y = Array.ConvertAll(y, v => double.Min(4, v + (v > 2 ? 1 : 0)));
        KolmogorovSmirnovOptions options = new() { Method = PValueMethod.Permutation };
        double exact = KolmogorovSmirnov.Test(x, y).PValue!.Value;
        TwoSampleResult permuted = KolmogorovSmirnov.Test(x, y, options);

        Assert.That(permuted.PValueKind, Is.EqualTo(PValueKind.Permutation));
        Assert.That(permuted.PValue!.Value, Is.EqualTo(exact).Within(4 * Math.Sqrt(exact * (1 - exact) / 9_999)));
        Assert.That(KolmogorovSmirnov.Test(x, y, options), Is.EqualTo(permuted));
    }

    [Test]
    public void Beyond_the_cell_limit_the_kind_says_what_was_done()
    {
        KolmogorovSmirnovOptions small = new() { MaximumCells = 10 };
        TwoSampleResult plain = KolmogorovSmirnov.Test(TestData.Normal(45, 100), TestData.Normal(46, 100), small);

        Assert.That(plain.PValueKind, Is.EqualTo(PValueKind.Asymptotic));
    }

    [Test]
    public void The_asymptotic_law_is_within_three_percent_where_it_takes_over()
    {
        // Critical region of two samples of 10 000, both ways.
        long h = (long)(1.358 * Math.Sqrt(2.0 / 10_000) * 1e8);
        double exact = KolmogorovLattice.LogSurvival(10_000, 10_000, h, [], long.MaxValue)!.Value;
        double asymptotic = KolmogorovDistribution.LogSurvival(5_000, h / 1e8);

        Assert.That(asymptotic, Is.EqualTo(exact).Within(0.03));
    }

    [TestCase("normal", 30, true)]
    [TestCase("normal", 100, true)]
    [TestCase("pareto", 300, true)]
    [TestCase("discrete2", 100, false)]
    [TestCase("discrete5", 30, true)]
    [TestCase("discrete50", 100, true)]
    [TestCase("zero-inflated", 100, true)]
    public void False_alarms_stay_within_half_and_one_fifth_above_nominal(string law, int n, bool lowerBound)
    {
        const int Runs = 1_500;
        int alarms = 0;
        for (int run = 0; run < Runs; run++)
        {
            double[] x = TestData.Draw((ulong)((run * 2) + 1_000_003), n, law), y = TestData.Draw((ulong)((run * 2) + 1_000_004), n, law);
            alarms += KolmogorovSmirnov.Test(x, y).IsSignificant(0.05) ? 1 : 0;
        }

        Assert.That(alarms, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, 0.05)));
        if (lowerBound)
            Assert.That(alarms, Is.GreaterThanOrEqualTo(TestData.LowerLimit(Runs, 0.025)));
    }

    private static double BruteForce(double[] x, double[] y)
    {
        double[] pooled = [.. x, .. y];
        int n = x.Length, total = pooled.Length;
        long observed = Numerator(pooled, (1 << n) - 1, n);
        int all = 0, extreme = 0;
        for (int mask = 0; mask < 1 << total; mask++)
        {
            if (System.Numerics.BitOperations.PopCount((uint)mask) != n)
                continue;
            all++;
            extreme += Numerator(pooled, mask, n) >= observed ? 1 : 0;
        }

        return (double)extreme / all;
    }

    private static long Numerator(double[] pooled, int mask, int n)
    {
        long largest = 0;
        foreach (double t in pooled)
        {
            int i = 0, j = 0;
            for (int k = 0; k < pooled.Length; k++)
            {
                if (pooled[k] > t)
                    continue;
                if ((mask >> k & 1) != 0)
                    i++;
                else
                    j++;
            }

            largest = long.Max(largest, Math.Abs(((long)i * (pooled.Length - n)) - ((long)j * n)));
        }

        return largest;
    }

    [Test]
    public void Half_is_rounded_to_even_in_the_effective_size()
    {
        // 5 * 5 / 10 = 2.5 is taken as 2.
        TwoSampleResult result = KolmogorovSmirnov.Test([1.0, 2, 3, 4, 5], [2.5, 6, 7, 8, 9], new() { Method = PValueMethod.Asymptotic });
        Assert.That(result.LogPValue!.Value, Is.EqualTo(KolmogorovDistribution.LogSurvival(2, result.Statistic!.Value)).Within(1e-12));
    }

    [Test]
    public void The_tied_limit_is_corrected_for_continuity()
    {
        // Four values, 1 000 a side: the limit, asked for by allowing no lattice, within 3 % of the lattice.
        double[] x = TestData.Draw(5, 1_000, "discrete5"), y = [.. TestData.Draw(6, 1_000, "discrete5").Select((v, i) => i % 16 == 0 ? 0 : v)];
        TwoSampleResult exact = KolmogorovSmirnov.Test(x, y), limit = KolmogorovSmirnov.Test(x, y, new() { MaximumCells = 0 });
        Assert.That((exact.PValueKind, limit.PValueKind), Is.EqualTo((PValueKind.Exact, PValueKind.Asymptotic)));
        Assert.That(limit.PValue!.Value, Is.EqualTo(exact.PValue!.Value).Within(3).Percent);
    }
}
