namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class KllComparisonTests
{
    private const double Alpha = 0.05, Delta = 0.005;

    [Test]
    public void Sketches_that_hold_every_value_give_the_exact_test()
    {
        for (ulong run = 0; run < 50; run++)
        {
            double[] x = TestData.Normal((2 * run) + 1, 200 + (int)run), y = TestData.Normal((2 * run) + 2, 300, mean: 0.01 * run);
            SketchTestResult sketched = KolmogorovSmirnov.Test(Of(x, 8, 1), Of(y, 16, 2));
            TwoSampleResult exact = KolmogorovSmirnov.Test(x, y);

            Assert.That(sketched.LowerStatistic, Is.EqualTo(sketched.UpperStatistic).And.EqualTo(exact.Statistic).Within(1e-15));
            Assert.That(sketched.LowerPValue, Is.EqualTo(sketched.UpperPValue).And.EqualTo(exact.PValue!.Value).Within(1e-12));
            Assert.That(sketched.Verdict, Is.EqualTo(exact.PValue <= Alpha - Delta ? SketchVerdict.Significant : SketchVerdict.NotSignificant));
        }
    }

    [Test]
    public void The_interval_holds_the_exact_result_and_decisive_verdicts_agree_with_it()
    {
        const int Runs = 60, Count = 30_000;
        int missed = 0, decisive = 0, wrong = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            // From no shift to twice the critical one, with a k too small and ones that are fine.
            double[] x = TestData.Draw((2 * run) + 1_001, Count, "pareto"), y = Array.ConvertAll(TestData.Draw((2 * run) + 1_002, Count, "pareto"), v => v * (1 + (0.0005 * run)));
            int k = 1_000 << (int)(run % 3);
            SketchTestResult sketched = KolmogorovSmirnov.Test(Of(x, k, run), Of(y, k, run));
            TwoSampleResult exact = KolmogorovSmirnov.Test(x, y);
            missed += exact.Statistic < sketched.LowerStatistic || exact.Statistic > sketched.UpperStatistic ? 1 : 0;
            Assert.That(sketched.LowerPValue, Is.LessThanOrEqualTo(sketched.UpperPValue!.Value));
            decisive += sketched.Verdict != SketchVerdict.Undecided ? 1 : 0;
            wrong += sketched.Verdict != SketchVerdict.Undecided && sketched.Verdict == SketchVerdict.Significant != (exact.PValue <= Alpha - Delta) ? 1 : 0;
        }

        Assert.That(missed, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, Delta)));
        Assert.That(wrong, Is.LessThanOrEqualTo(missed));
        Assert.That(decisive, Is.GreaterThan(Runs / 4));
    }

    [TestCase("normal", 60_000, 60_000), TestCase("lognormal", 200_000, 30_000)]
    [Explicit("Sketches tens of millions of values")]
    [Category("Long")]
    public void Without_a_difference_few_verdicts_of_large_samples_are_wrong_and_few_undecided(string law, int n, int m) =>
        Without_a_difference_few_verdicts_are_wrong_and_few_undecided(law, n, m);

    [TestCase("normal", 4_000, 4_000)]
    public void Without_a_difference_few_verdicts_are_wrong_and_few_undecided(string law, int n, int m)
    {
        const int Runs = 150;
        int k = KolmogorovSmirnov.RecommendedK(n, m), significant = 0, undecided = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            SketchTestResult result = KolmogorovSmirnov.Test(Of(TestData.Draw((2 * run) + 5_001, n, law), k, 1), Of(TestData.Draw((2 * run) + 5_002, m, law), k, 1));
            significant += result.Verdict == SketchVerdict.Significant ? 1 : 0;
            undecided += result.Verdict == SketchVerdict.Undecided ? 1 : 0;
        }

        TestContext.Out.WriteLine($"{law} {n} {m}: k = {k}, {significant} significant and {undecided} undecided of {Runs}");
        Assert.That(significant, Is.LessThanOrEqualTo(TestData.UpperLimit(Runs, Alpha)));
        Assert.That(undecided, Is.LessThanOrEqualTo(0.2 * Runs));
    }

    [Test]
    public void The_interval_holds_the_errors_of_both_sketches_at_half_of_delta_each()
    {
        const int Count = 40_000;
        KllSketch x = Of(TestData.Normal(71, Count), 400, 1), y = Of(TestData.Normal(72, Count, mean: 0.3), 800, 2);
        double margin = x.RankError(Delta / 2) + y.RankError(Delta / 2);
        SketchTestResult result = KolmogorovSmirnov.Test(x, y, Alpha, Delta);
        Assert.That(result.UpperStatistic - result.LowerStatistic, Is.EqualTo(2 * margin).Within(1e-6));
        Assert.That(margin, Is.GreaterThan(1.2 * x.RankError(Delta)));
    }

    [Test]
    public void A_difference_is_found()
    {
        int k = KolmogorovSmirnov.RecommendedK(60_000, 60_000);
        SketchTestResult result = KolmogorovSmirnov.Test(Of(TestData.Normal(91, 60_000), k, 1), Of(TestData.Normal(92, 60_000, mean: 0.05), k, 1), 0.01);
        Assert.That((result.Verdict, result.UpperPValue < 1e-4), Is.EqualTo((SketchVerdict.Significant, true)));
        Assert.That(KolmogorovSmirnov.Test(Of(TestData.Normal(91, 60_000), 8, 1), Of(TestData.Normal(92, 60_000, mean: 0.05), 8, 1)).Verdict, Is.EqualTo(SketchVerdict.Undecided));
    }

    [TestCase(1_000, 1_000), TestCase(5_000, 5_000), TestCase(100_000, 20_000), TestCase(1_000_000, 1_000_000), TestCase(20_000_000, 50_000)]
    public void The_recommended_k_keeps_the_error_below_a_fifth_of_the_critical_distance(long n, long m)
    {
        int k = KolmogorovSmirnov.RecommendedK(n, m);
        foreach ((long a, long b) in ((long, long)[])[(n, m), (n / 4 * 3, m / 4 * 3), (n / 2, m / 2)])
        {
            double critical = Math.Sqrt(-Math.Log((Alpha - Delta) / 2) / 2 * ((1.0 / a) + (1.0 / b)));
            double error = KllError.Uniform(KllError.Sigma(k, a), Delta / 2) + KllError.Uniform(KllError.Sigma(k, b), Delta / 2);
            Assert.That(error, Is.LessThanOrEqualTo(0.2 * critical), $"k = {k}");
        }

        TestContext.Out.WriteLine($"{n} {m}: k = {k}");
    }

    [Test]
    public void Misuse_is_typed_and_empty_sketches_are_not_computable()
    {
        KllSketch empty = new(), one = Of([1], 8, 1);
        Assert.That(KolmogorovSmirnov.Test(empty, one).Verdict, Is.EqualTo(SketchVerdict.NotComputable));
        Assert.That(KolmogorovSmirnov.Test(one, empty).UpperPValue, Is.Null);
        Assert.That(() => KolmogorovSmirnov.Test(one, one, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => KolmogorovSmirnov.Test(one, one, 0.05, 0.05), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => KolmogorovSmirnov.RecommendedK(0, 5), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => KolmogorovSmirnov.RecommendedK(long.MaxValue, long.MaxValue), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("fine enough"));
    }

    private static KllSketch Of(double[] values, int k, ulong seed)
    {
        KllSketch sketch = new(k, seed);
        sketch.Add(values);
        return sketch;
    }
}
