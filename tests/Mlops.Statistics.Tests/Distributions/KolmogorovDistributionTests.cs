namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class KolmogorovDistributionTests
{
    [Test]
    public void The_one_sided_sum_with_a_stride_equals_the_sum_of_every_term()
    {
        // At twice the stride limit every second term is taken; the neighbours below it take all.
        foreach (double z in new[] { 1.5, 2.5, 6 })
        {
            double coarse = KolmogorovDistribution.LogOneSided(8000, z / Math.Sqrt(8000));
            double below = KolmogorovDistribution.LogOneSided(7999, z / Math.Sqrt(7999));
            double limit = -2 * z * z;

            Assert.That(coarse, Is.EqualTo(below).Within(2e-5));
            Assert.That(coarse, Is.EqualTo(limit - (2 * z / 3 / Math.Sqrt(8000))).Within(0.1));
        }
    }

    [TestCase(1.0, 0.26999967167735456)]
    [TestCase(1.3580986393225507, 0.05)]
    [TestCase(0.5, 0.9639452436648751)]
    public void Kolmogorovs_limit_has_its_tabulated_values(double z, double expected) =>
        Assert.That(Math.Exp(KolmogorovDistribution.LogLimitSurvival(z)), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void Pelz_and_Good_approach_the_exact_matrix_with_the_square_of_n([Values(0.6, 0.9, 1.2, 1.45)] double z)
    {
        double[] errors = [.. new[] { 150, 600, 2400 }.Select(n =>
            Math.Abs(KolmogorovDistribution.PelzGood(n, z / Math.Sqrt(n)) - KolmogorovDistribution.Matrix(n, z / Math.Sqrt(n))))];

        Assert.That(errors[0], Is.LessThan(3e-6));
        Assert.That(errors[1], Is.LessThan(errors[0] / 12));
        Assert.That(errors[2], Is.LessThan(2e-8));
    }
}
