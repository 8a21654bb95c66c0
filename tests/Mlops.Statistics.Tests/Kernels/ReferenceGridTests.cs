using CsCheck;

namespace Mlops.Statistics.Tests;

[TestFixture, Category("Kernels")]
internal sealed class ReferenceGridTests
{
    private const double Share = KolmogorovSmirnov.HeavyShare;

    [TestCase("normal", 0.0)]
    [TestCase("normal", 0.02)]
    [TestCase("normal", 0.5)]
    [TestCase("normal", 5.0)]
    [TestCase("normal", 100.0)]
    [TestCase("lognormal", 0.0)]
    [TestCase("pareto", 0.0)]
    [TestCase("zero-inflated", 0.0)]
    [TestCase("discrete50", 0.5)]
    public void The_gap_is_that_of_sorted_samples_to_the_last_unit(string law, double shift)
    {
        double[] reference = TestData.Draw(71, 20_000, law is "normal" or "lognormal" or "pareto" ? law : "normal");
        double[] window = Array.ConvertAll(TestData.Draw(72, 9_001, law), v => v + shift);
        ReferenceGrid grid = Grid(reference)!;

        Compare(grid, reference, window);
        Assert.That(grid.Compare(TestData.ToSingle(window), Share), Is.EqualTo(grid.Compare(Array.ConvertAll(window, v => (double)(float)v), Share)));
    }

    [Test]
    public void Ties_between_and_within_the_samples_keep_the_gap_exact() =>
        Gen.Select(Gen.Int[1, 4], Gen.ULong, Gen.Int[0, 3]).Sample((digits, seed, wide) =>
        {
            double[] reference = Array.ConvertAll(TestData.Normal(seed, 6_000, deviation: 10), v => Math.Round(v, digits));
            double[] window = Array.ConvertAll(TestData.Normal(seed + 1, 5_000, mean: 0.1, deviation: 10 * (1 + wide)), v => Math.Round(v, digits));
            if (Grid(reference) is ReferenceGrid grid)
                Compare(grid, reference, window);
            else
                Assert.That(digits, Is.EqualTo(1));
        }, iter: 40);

    [Test]
    public void Nan_infinities_and_signed_zeros_are_where_sorting_puts_them()
    {
        double[] reference = TestData.Normal(73, 8_000), window = TestData.Normal(74, 5_000);
        double[] odd = [double.NaN, double.NegativeInfinity, double.PositiveInfinity, -0.0, 0.0, double.MaxValue, double.MinValue, double.Epsilon];
        for (int i = 0; i < 800; i++)
        {
            window[i * 6] = odd[i % odd.Length];
            if (i < odd.Length)
                reference[i * 7] = odd[i];
        }

        Compare(Grid(SampleSort.Sorted(reference))!, reference, window);
    }

    [TestCase("normal", 0.0)]
    [TestCase("normal", 0.3)]
    [TestCase("lognormal", 0.0)]
    [TestCase("pareto", 0.1)]
    public void Two_unsorted_samples_are_compared_without_sorting(string law, double shift)
    {
        double[] x = TestData.Draw(82, 30_000, law), y = Array.ConvertAll(TestData.Draw(83, 20_000, law), v => v + shift);
        x[5] = double.NaN;

        Assert.That(
            UnsortedSamples.Compare<double>(x, y, Share),
            Is.EqualTo((EcdfMerge.Compare(SampleSort.Sorted(x), SampleSort.Sorted(y)).Numerator, 29_999, 20_000)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void A_heavy_value_in_either_sample_is_left_to_sorting(int which)
    {
        double[][] samples = [TestData.Normal(84, 30_000), TestData.Normal(85, 20_000)];
        samples[which].AsSpan(0, 200).Fill(0.25);

        Assert.That(UnsortedSamples.Compare<double>(samples[0], samples[1], Share), Is.Null);
    }

    [Test]
    public void A_window_without_numbers_has_no_gap()
    {
        double[] window = new double[5_000];
        Array.Fill(window, double.NaN);

        Assert.That(Grid(TestData.Normal(75, 8_000))!.Compare(window, Share), Is.EqualTo((0L, 0, false)));
    }

    [TestCase(-9.0)]
    [TestCase(0.0)]
    [TestCase(0.25)]
    [TestCase(9.0)]
    public void A_value_of_a_heavy_share_is_seen_and_one_less_is_not(double value)
    {
        double[] window = TestData.Normal(76, 10_000);
        int times = EcdfMerge.Times(window.Length, Share);
        window.AsSpan(100, times - 1).Fill(value);
        ReferenceGrid grid = Grid(TestData.Normal(77, 10_000))!;

        Assert.That(grid.Compare(window, Share).Heavy, Is.False);
        window[99] = value;
        Assert.That(grid.Compare(window, Share).Heavy, Is.True);
    }

    [TestCase("discrete50")]
    [TestCase("zero-inflated")]
    public void A_crowded_reference_has_no_grid(string law) => Assert.That(Grid(TestData.Draw(78, 10_000, law)), Is.Null);

    [Test]
    public void A_reference_too_wide_for_cells_has_no_grid()
    {
        double[] wide = Array.ConvertAll(TestData.Normal(79, 5_000), v => v * 1e308);

        Assert.That(Grid(SampleSort.Sorted(wide)), Is.Null);
        Assert.That(Grid(new double[5_000]), Is.Null);
    }

    [Test]
    public void A_run_is_seen_from_its_length_on() =>
        Gen.Select(Gen.Int[2, 200], Gen.Int[0, 200], Gen.Int[0, 200]).Sample((run, before, after) =>
        {
            double[] sorted = [.. Enumerable.Range(0, before).Select(i => (double)i - 1000), .. Enumerable.Repeat(0.0, run), .. Enumerable.Range(1, after).Select(i => (double)i)];
            return EcdfMerge.Repeats(sorted, run) && !EcdfMerge.Repeats(sorted, run + 1);
        });

    [TestCase("normal", 70_000, 70_000)]
    [TestCase("normal", 200_000, 5_000)]
    [TestCase("normal", 5_000, 100_000)]
    [TestCase("pareto", 70_000, 70_000)]
    [TestCase("zero-inflated", 70_000, 70_000)]
    public void The_test_says_the_same_with_and_without_sorting(string law, int n, int m)
    {
        foreach (double shift in (double[])[0, 0.01, 0.3, 3])
        {
            float[] x = TestData.ToSingle(TestData.Draw(80, n, law)), y = TestData.ToSingle(Array.ConvertAll(TestData.Draw(81, m, law), v => v + shift));
            PreparedSample prepared = PreparedSample.From(x);
            foreach (KolmogorovSmirnovOptions options in (KolmogorovSmirnovOptions[])[new(), new() { Method = PValueMethod.Asymptotic }, new() { ConditionOnTies = false }])
            {
                TwoSampleResult sorted = KolmogorovSmirnov.Test(prepared, PreparedSample.From(y), options);
                Assert.That(KolmogorovSmirnov.Test(prepared, y, options), Is.EqualTo(sorted));
                Assert.That(KolmogorovSmirnov.Test(x, y, options), Is.EqualTo(sorted));
            }
        }
    }

    private static void Compare(ReferenceGrid grid, double[] reference, double[] window)
    {
        double[] x = SampleSort.Sorted(reference), y = SampleSort.Sorted(window);
        bool heavy = EcdfMerge.Repeats(y, EcdfMerge.Times(y.Length, Share));

        long expected = EcdfMerge.Compare(x, y).Numerator;
        Assert.That(grid.Compare(window, Share), Is.EqualTo((expected, y.Length, heavy)));
        if (UnsortedSamples.Compare<double>(reference, window, Share) is (long, int, int) unsorted)
            Assert.That(unsorted, Is.EqualTo((expected, x.Length, y.Length)));
    }

    private static ReferenceGrid? Grid(double[] reference) => ReferenceGrid.Of(SampleSort.Sorted(reference), Share);
}
