namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class SaddlePointTests
{
    [Test]
    public void Stirling_errors_between_half_integers_join_those_at_them([Values(0.5, 1, 4.5, 9, 14.5)] double n)
    {
        double at = SaddlePoint.StirlingError(n), near = SaddlePoint.StirlingError(n + 1e-9);

        Assert.That(near, Is.EqualTo(at).Within(1e-9));
    }

    [Test]
    public void Binomial_masses_sum_to_one([Values(1, 17, 1_000)] int n, [Values(1e-6, 0.3, 0.999)] double p) =>
        Assert.That(Enumerable.Range(0, n + 1).Sum(x => Math.Exp(SaddlePoint.LogBinomial(x, n, p, 1 - p))), Is.EqualTo(1).Within(1e-12));

    [Test]
    public void Factorial_tables_agree_with_the_saddle_point_at_large_arguments()
    {
        LogFactorials table = LogFactorials.UpTo(40_000);

        Assert.That(
            table.LogHypergeometric(9_000, 20_000, 20_000, 17_000),
            Is.EqualTo(SaddlePoint.LogHypergeometric(9_000, 20_000, 20_000, 17_000)).Within(1e-11));
    }
}
