namespace Mlops.Statistics.Tests;

[Category("Kernels")]
internal sealed class UnsortedIntegralTests
{
    private const int Least = UnsortedIntegral.SmallestSample;

    [Test]
    public void Large_samples_have_the_distance_of_the_sorted(
        [Values("normal", "lognormal", "pareto", "uniform", "discrete50", "zero-inflated")] string law, [Values(0, 0.02, 1, 40)] double shift, [Values(Least, 3 * Least)] int m)
    {
        for (ulong seed = 600; seed < 603; seed++)
        {
            double[] x = Draw(seed, Least, law), y = Array.ConvertAll(Draw(seed + 1_000, m, law), v => v + shift);
            y[5] = double.NaN;
            x[Least - 1] = double.NaN;
            Assert.That(Wasserstein.Distance(x, y), Is.EqualTo(Sorted(x, y)).Within(1e-10).Percent, law);
            Assert.That(Wasserstein.Distance(y, x), Is.EqualTo(Sorted(x, y)).Within(1e-10).Percent, law);
            float[] a = TestData.ToSingle(x), b = TestData.ToSingle(y);
            Assert.That(Wasserstein.Distance(a, b), Is.EqualTo(Sorted(Array.ConvertAll(a, v => (double)v), Array.ConvertAll(b, v => (double)v))).Within(1e-10).Percent, law);
        }
    }

    [Test]
    public void Continuous_samples_are_not_sorted([Values("normal", "uniform")] string law) =>
        Assert.That(UnsortedIntegral.Compute<double>(Draw(610, Least, law), Draw(611, Least, law)), Is.Not.Null);

    [TestCase(double.PositiveInfinity)]
    [TestCase(double.NegativeInfinity)]
    [TestCase(1e308)]
    [TestCase(-1.7e308)]
    public void Infinities_are_left_out_and_extremes_are_not(double value)
    {
        double[] x = TestData.Normal(620, Least), y = TestData.Normal(621, Least);
        y[100] = y[200] = value;
        Assert.That(Wasserstein.Distance(x, y), Is.EqualTo(Sorted(x, y)).Within(1e-10).Percent);
    }

    [Test]
    public void A_sample_is_at_no_distance_from_itself_in_another_order()
    {
        double[] x = TestData.Normal(630, 2 * Least), y = [.. x];
        Array.Reverse(y);
        Assert.That(Wasserstein.Distance(x, y), Is.EqualTo(0).Within(1e-18));
    }

    [TestCase(1e-310)]
    [TestCase(1e-200)]
    [TestCase(1e200)]
    public void Units_do_not_matter(double unit)
    {
        double[] x = TestData.Normal(640, Least), y = TestData.Normal(641, Least, mean: 0.1);
        double[] u = Array.ConvertAll(x, v => v * unit), v = Array.ConvertAll(y, v => v * unit);
        Assert.That(Wasserstein.Distance(u, v), Is.EqualTo(Sorted(u, v)).Within(1e-10).Percent);
    }

    private static double? Sorted(double[] x, double[] y) => Wasserstein.Distance(PreparedSample.From(x), PreparedSample.From(y));

    private static double[] Draw(ulong seed, int n, string law) => law switch
    {
        "normal" => TestData.Normal(seed, n),
        "uniform" => Uniform(seed, n),
        _ => TestData.Draw(seed, n, law),
    };

    private static double[] Uniform(ulong seed, int n)
    {
        SplitMix64 random = new(seed);
        double[] values = new double[n];
        foreach (ref double x in values.AsSpan())
            x = random.NextDouble();
        return values;
    }
}
