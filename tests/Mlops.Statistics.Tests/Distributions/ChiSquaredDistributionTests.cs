namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ChiSquaredDistributionTests
{
    [Test]
    public void Even_degrees_have_a_closed_form([Values(2, 4, 10, 60)] int degrees, [Values(0.01, 1, 5, 30, 200, 1400)] double x)
    {
        double term = 1, sum = 1;
        for (int k = 1; k < degrees / 2; k++)
        {
            term *= x / 2 / k;
            sum += term;
        }

        double expected = Math.Log(sum) - (x / 2);
        double actual = ChiSquaredDistribution.LogSurvival(x, degrees);

        Assert.That(actual, Is.EqualTo(expected).Within(1e-12 * double.Max(1, Math.Abs(expected))));
    }

    [Test]
    public void One_degree_is_a_squared_normal([Values(0.01, 1, 3.84, 25, 900)] double x) =>
        Assert.That(
            ChiSquaredDistribution.LogSurvival(x, 1),
            Is.EqualTo(Math.Log(2) + NormalDistribution.LogSurvival(Math.Sqrt(x))).Within(1e-12));

    [TestCase(0.05, 1, 3.841458820694124)]
    [TestCase(0.05, 9, 16.918977604620448)]
    [TestCase(0.01, 3, 11.344866730144373)]
    [TestCase(0.95, 10, 3.9402991361190605)]
    public void Critical_values_are_those_of_the_tables(double alpha, double degrees, double expected) =>
        Assert.That(ChiSquaredDistribution.SurvivalQuantile(alpha, degrees), Is.EqualTo(expected).Within(1e-12 * expected));

    [Test]
    public void Quantile_inverts_the_law([Values(1e-200, 1e-9, 0.05, 0.5, 0.999)] double p, [Values(1, 2.5, 9, 999, 65535)] double degrees)
    {
        double x = ChiSquaredDistribution.SurvivalQuantile(p, degrees);

        Assert.That(ChiSquaredDistribution.Survival(x, degrees), Is.EqualTo(p).Within(1e-10 * p));
    }

    [Test]
    public void Degrees_of_freedom_must_be_positive() =>
        Assert.That(() => ChiSquaredDistribution.Survival(1, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
