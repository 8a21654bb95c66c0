using CsCheck;
using Mlops.Statistics;

namespace Mlops.Tuning.Tests;

public sealed class NormalLawTests
{
    [Test]
    public void Cumulative_probabilities_equal_those_of_the_statistics_package() =>
        Gen.Double[-37, 9].Sample(z =>
            Assert.That(NormalLaw.Cumulative(z), Is.EqualTo(NormalDistribution.Cumulative(z)).Within(1e-12 * NormalDistribution.Cumulative(z))));

    [TestCase(0.975, 1.959963984540054)]
    [TestCase(0.5, 0)]
    [TestCase(1e-10, -6.361340902404056)]
    [TestCase(1e-300, -37.0471)]
    public void Quantiles_equal_known_values(double p, double expected) =>
        Assert.That(NormalLaw.Quantile(p), Is.EqualTo(expected).Within(p < 1e-200 ? 1e-4 : 1e-13));

    [Test]
    public void A_quantile_inverts_the_cumulative_probability() =>
        Gen.Double[-36, 5].Sample(z => Assert.That(NormalLaw.Quantile(NormalLaw.Cumulative(z)), Is.EqualTo(z).Within(1e-9)));

    [Test]
    public void The_mass_of_an_interval_equals_the_difference_of_the_tails() =>
        Gen.Select(Gen.Double[-30, 30], Gen.Double[1e-6, 40]).Sample((a, width) =>
        {
            double b = a + width;
            double log = a > 0
                ? Difference(NormalDistribution.LogSurvival(a), NormalDistribution.LogSurvival(b))
                : b < 0
                    ? Difference(NormalDistribution.LogSurvival(-b), NormalDistribution.LogSurvival(-a))
                    : Math.Log(1 - NormalDistribution.Survival(b) - NormalDistribution.Survival(-a));
            Assert.That(NormalLaw.LogMass(a, b), Is.EqualTo(log).Within(1e-9 + (1e-12 * Math.Abs(log)) + (1e-15 / width)));
        });

    [Test]
    public void A_mass_far_in_a_tail_stays_finite() =>
        Assert.That(NormalLaw.LogMass(100, 101), Is.EqualTo(-5000 - Math.Log(100 * Math.Sqrt(2 * Math.PI))).Within(1e-3));

    private static double Difference(double larger, double smaller) => larger + Math.Log(-Math.Exp(smaller - larger) + 1);
}
