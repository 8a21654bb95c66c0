namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class NormalDistributionTests
{
    // From the C library's erfc.
    [TestCase(1e-10, 0.49999999996010575)]
    [TestCase(0.1, 0.460172162722971)]
    [TestCase(0.5, 0.3085375387259869)]
    [TestCase(1, 0.15865525393145707)]
    [TestCase(1.96, 0.024997895148220435)]
    [TestCase(2.5, 0.006209665325776139)]
    [TestCase(3, 0.0013498980316300957)]
    [TestCase(5, 2.866515718791946e-07)]
    [TestCase(8, 6.220960574271819e-16)]
    [TestCase(10, 7.619853024160593e-24)]
    [TestCase(20, 2.7536241186063314e-89)]
    [TestCase(30, 4.906713927148764e-198)]
    [TestCase(37, 5.725571222525139e-300)]
    public void Survival_agrees_with_erfc(double z, double expected)
    {
        Assert.That(NormalDistribution.Survival(z), Is.EqualTo(expected).Within(2e-13 * expected));
        Assert.That(NormalDistribution.Survival(-z), Is.EqualTo(1 - expected).Within(1e-15));
        Assert.That(NormalDistribution.LogSurvival(z), Is.EqualTo(Math.Log(expected)).Within(1e-12));
    }

    [Test]
    public void Log_survival_reaches_beyond_the_underflow_of_survival()
    {
        // Mills's ratio at z = 100: log(phi(z) / z) - 1/z^2 + 5/(2 z^4) - 37/(3 z^6).
        double z = 100;
        double expected = (-0.5 * z * z) - (0.5 * Math.Log(2 * Math.PI)) - Math.Log(z) - 1e-4 + 2.5e-8 - (37.0 / 3 * 1e-12);

        Assert.That(NormalDistribution.LogSurvival(z), Is.EqualTo(expected).Within(1e-11));
        Assert.That(NormalDistribution.Survival(z), Is.Zero);
    }

    [Test]
    public void Quantile_inverts_the_law([Values(1e-300, 1e-20, 1e-5, 0.025, 0.3, 0.5)] double p)
    {
        double z = NormalDistribution.SurvivalQuantile(p);

        Assert.That(NormalDistribution.Survival(z), Is.EqualTo(p).Within(2e-12 * p));
        Assert.That(NormalDistribution.Quantile(p), Is.EqualTo(-z).Within(1e-12 * double.Max(1, z)));
    }

    [Test]
    public void The_known_two_sided_five_percent_point_is_met() =>
        Assert.That(NormalDistribution.Quantile(0.975), Is.EqualTo(1.959963984540054).Within(1e-14));

    [Test]
    public void A_probability_outside_the_unit_interval_is_refused() =>
        Assert.That(() => NormalDistribution.Quantile(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void No_number_has_no_probability()
    {
        Assert.That(NormalDistribution.Survival(double.NaN), Is.NaN);
        Assert.That(NormalDistribution.LogSurvival(double.NaN), Is.NaN);
        Assert.That(NormalDistribution.Cumulative(double.NaN), Is.NaN);
    }
}
