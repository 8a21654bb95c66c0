namespace Mlops.Statistics.Tests;

internal sealed class FisherExactTailsTests
{
    [Test]
    public void Every_form_equals_the_sum_over_all_tables([Values] Alternative alternative, [Values] bool midP)
    {
        SplitMix64 random = new(7);
        for (int round = 0; round < 400; round++)
        {
            int n = 1 + random.NextInt(60), m = 1 + random.NextInt(60), a = random.NextInt(n + 1), b = random.NextInt(m + 1);
            double p = FisherExact.Test(a, n, b, m, alternative, midP).PValue!.Value;
            Assert.That(p, Is.EqualTo(Enumerated(a, n, b, m, alternative, midP)).Within(1e-9).Percent, $"{a} of {n}, {b} of {m}");
        }
    }

    [Test]
    public void Millions_and_billions_are_answered()
    {
        TwoSampleResult equal = FisherExact.Test(1_000_000_000, 3_000_000_000, 1_000_000_000, 3_000_000_000);
        TwoSampleResult near = FisherExact.Test(1_000_000_000, 3_000_000_000, 1_000_060_000, 3_000_000_000);
        double z = TwoProportionZ.Test(1_000_000_000, 3_000_000_000, 1_000_060_000, 3_000_000_000).PValue!.Value;
        TwoSampleResult far = FisherExact.Test(1_000_000, 3_000_000, 2_000_000, 3_000_000);
        Assert.Multiple(() =>
        {
            Assert.That(equal.PValue, Is.EqualTo(1).Within(1e-6));
            Assert.That(near.PValue, Is.EqualTo(z).Within(0.1).Percent);
            Assert.That(far.LogPValue, Is.LessThan(-300_000));
        });
    }

    private static double Enumerated(int a, int n, int b, int m, Alternative alternative, bool midP)
    {
        int hits = a + b;
        double Mass(int x) => Math.Exp(Choose(m, x) + Choose(n, hits - x) - Choose(n + m, hits));
        double observed = Mass(b), sum = 0;
        for (int x = int.Max(0, hits - n); x <= int.Min(hits, m); x++)
        {
            double mass = Mass(x);
            bool tied = alternative == Alternative.TwoSided ? Math.Abs((mass / observed) - 1) < 1e-7 : x == b;
            bool counts = alternative switch { Alternative.Less => x <= b, Alternative.Greater => x >= b, _ => mass <= observed * (1 + 1e-7) };
            sum += counts ? midP && tied ? mass / 2 : mass : 0;
        }

        return sum;
    }

    private static double Choose(int n, int k)
    {
        double log = 0;
        for (int i = 1; i <= k; i++)
            log += Math.Log((n - k + i) / (double)i);
        return log;
    }
}
