namespace Mlops.Statistics.Tests;

/// <summary>Expected values by inversion of the characteristic functions with mpmath at 34 digits, which are good for 1e-16 absolute.</summary>
[TestFixture]
internal sealed class SmirnovSeriesTests
{
    [TestCase(0.02, 0.996999385698398122)]
    [TestCase(0.05, 0.87628093104131469725)]
    [TestCase(0.1, 0.58487343840677840568)]
    [TestCase(0.16666666666666666, 0.34255799272737709539)]
    [TestCase(0.46136, 0.05000038313265495342)]
    [TestCase(0.74346, 0.0099999619154543797638)]
    [TestCase(1.5, 0.00017269621978801884)]
    [TestCase(3, 7.56774345931601985e-8)]
    public void The_Cramer_von_Mises_law_has_its_values(double x, double expected) =>
        Assert.That(Math.Exp(CramerVonMisesDistribution.LogSurvival(x)), Is.EqualTo(expected).Within(double.Max(1e-12 * expected, 1e-16)));

    [TestCase(0.1, 0.999971921894873637)]
    [TestCase(0.3, 0.938157636057123039)]
    [TestCase(1, 0.357266673214019086)]
    [TestCase(2.492, 0.0500221863596078657)]
    [TestCase(3.878, 0.0100014098845004586)]
    [TestCase(6, 0.000967451941520922922)]
    [TestCase(12, 1.71028699932211869e-6)]
    public void The_Anderson_Darling_law_has_its_values(double x, double expected) =>
        Assert.That(Math.Exp(AndersonDarlingDistribution.LogSurvival(x)), Is.EqualTo(expected).Within(double.Max(1e-12 * expected, 1e-16)));

    [Test]
    public void Far_tails_fall_at_the_first_rate_and_do_not_underflow()
    {
        Assert.That(AndersonDarlingDistribution.LogSurvival(2001) - AndersonDarlingDistribution.LogSurvival(2000), Is.EqualTo(-1).Within(1e-3));
        Assert.That(
            CramerVonMisesDistribution.LogSurvival(1001) - CramerVonMisesDistribution.LogSurvival(1000),
            Is.EqualTo(-Math.PI * Math.PI / 2).Within(1e-3));
    }

    [Test]
    public void Survival_starts_at_one_and_falls()
    {
        double before = 0, beforeVonMises = 0;
        for (double x = 0.001; x < 30; x *= 1.07)
        {
            double now = AndersonDarlingDistribution.LogSurvival(x), vonMises = CramerVonMisesDistribution.LogSurvival(x / 6);
            Assert.That((now <= before + 1e-15, vonMises <= beforeVonMises + 1e-15), Is.EqualTo((true, true)), $"at {x}");
            (before, beforeVonMises) = (now, vonMises);
        }

        Assert.That(AndersonDarlingDistribution.LogSurvival(-1), Is.Zero);
    }
}
