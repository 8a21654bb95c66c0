namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class StudentDistributionTests
{
    [Test]
    public void One_degree_is_the_Cauchy_law([Values(0.001, 0.5, 1, 7, 1000)] double t) =>
        Assert.That(Math.Exp(StudentDistribution.LogTwoSided(t, 1)), Is.EqualTo(2 / Math.PI * Math.Atan(1 / t)).Within(1e-13));

    [Test]
    public void Two_degrees_have_a_closed_form([Values(0.001, 0.5, 1, 7, 1e6)] double t)
    {
        double root = Math.Sqrt(2 + (t * t));
        double expected = 2 / (root * (root + t));

        Assert.That(Math.Exp(StudentDistribution.LogTwoSided(t, 2)), Is.EqualTo(expected).Within(1e-12 * expected));
    }

    [Test]
    public void Many_degrees_approach_the_normal_law() =>
        Assert.That(StudentDistribution.Survival(2, 1e9), Is.EqualTo(NormalDistribution.Survival(2)).Within(1e-9));

    [Test]
    public void Two_sided_quantile_is_that_of_the_tables() =>
        Assert.That(StudentDistribution.TwoSidedQuantile(0.05, 10), Is.EqualTo(2.2281388519862744).Within(5e-14));
}
