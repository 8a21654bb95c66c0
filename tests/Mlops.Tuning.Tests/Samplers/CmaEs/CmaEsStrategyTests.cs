using System.Text.Json;
using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class CmaEsStrategyTests
{
    /// <summary>Reference values by tests/reference/tuning/cma_es.py.</summary>
    [Test]
    public void Updates_equal_those_of_the_tutorial()
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "cma_es.json")));
        foreach (JsonElement reference in cases.RootElement.EnumerateArray())
        {
            double[] middle = new double[reference.GetProperty("dimensions").GetInt32()];
            Array.Fill(middle, 0.5);
            var strategy = new CmaEsStrategy(middle, 1.0 / 6, reference.GetProperty("population").GetInt32(), adaptRates: reference.GetProperty("adapt").GetBoolean());
            foreach (JsonElement generation in reference.GetProperty("generations").EnumerateArray())
            {
                strategy.Update(generation.GetProperty("points").Deserialize<double[][]>()!);

                Assert.That(strategy.Mean, Is.EqualTo(generation.GetProperty("mean").Deserialize<double[]>()).Within(1e-9));
                Assert.That(strategy.Deviation, Is.EqualTo(generation.GetProperty("deviation").GetDouble()).Within(1e-9));
                Assert.That(strategy.Covariance, Is.EqualTo(generation.GetProperty("covariance").Deserialize<double[][]>()).Within(1e-8));
            }
        }
    }

    [Test]
    public void An_ill_conditioned_ellipsoid_is_solved([Values] bool separable)
    {
        const int Dimensions = 6;
        var strategy = new CmaEsStrategy([.. Enumerable.Repeat(0.5, Dimensions)], 0.2, 10, separable);
        var random = new RandomStream(5, 0, "test");
        double best = double.PositiveInfinity;
        for (int generation = 0; generation < 400; generation++)
        {
            double[][] points = [.. Enumerable.Range(0, 10).Select(_ => strategy.Sample([.. Enumerable.Range(0, Dimensions).Select(_ => NormalLaw.Quantile(random.NextDouble() + 1e-17))]))];
            strategy.Update([.. points.OrderBy(Ellipsoid)]);
            best = Math.Min(best, points.Min(Ellipsoid));
        }

        Assert.That(best, Is.LessThan(1e-10));

        static double Ellipsoid(double[] x) => x.Select(static (value, i) => Math.Pow(10, i) * (value - 0.3) * (value - 0.3)).Sum();
    }

    [Test]
    public void A_far_point_is_drawn_near_in_its_own_direction_and_a_near_one_left_alone()
    {
        var strategy = new CmaEsStrategy([0.5, 0.5], 0.1, 6);

        Assert.That(strategy.Inject([0.6, 0.7]), Is.EqualTo(new[] { 0.6, 0.7 }));
        double[] near = strategy.Inject([0.5, 9.5]);
        Assert.That(near, Is.EqualTo(new[] { 0.5, 0.5 + (0.1 * (Math.Sqrt(2) + 3)) }).Within(1e-12));
    }

    [Test]
    public void Eigenvectors_rebuild_a_symmetric_matrix_and_are_orthonormal() =>
        Gen.Int[1, 9].SelectMany(static n => Gen.Double[-2, 2].Array[n * n]).Sample(static entries =>
        {
            int n = (int)Math.Sqrt(entries.Length);
            double[][] matrix = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Select(j => entries[(Math.Min(i, j) * n) + Math.Max(i, j)]).ToArray())];
            double[] values = new double[n];
            double[][] vectors = [.. Enumerable.Range(0, n).Select(_ => new double[n])];
            SymmetricEigen.Decompose(Array.ConvertAll(matrix, static row => (double[])row.Clone()), values, vectors);
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    Assert.That(Enumerable.Range(0, n).Sum(k => vectors[i][k] * values[k] * vectors[j][k]), Is.EqualTo(matrix[i][j]).Within(1e-12));
                    Assert.That(Enumerable.Range(0, n).Sum(k => vectors[k][i] * vectors[k][j]), Is.EqualTo(i == j ? 1 : 0).Within(1e-12));
                }
            }
        });

    /// <summary>In the outermost cell the one beyond keeps the margin, inside each side keeps half of it, and the sides keep their order.</summary>
    [Test]
    public void After_a_correction_every_side_keeps_its_share_of_the_margin() =>
        Gen.Select(Gen.Double[0.01, 0.99], Gen.Double[-4, 1], Gen.Double[0.01, 0.2]).Sample(static (at, exponent, margin) =>
        {
            double deviation = Math.Pow(10, exponent);
            (double mean, double after) = CmaEsMargin.Correct(at, deviation, 0, 1, margin);
            Assert.That(NormalLaw.Cumulative(-mean / after), Is.GreaterThan((margin / 2) - 1e-9));
            Assert.That(NormalLaw.Cumulative((mean - 1) / after), Is.GreaterThan((margin / 2) - 1e-9));

            (double edge, double same) = CmaEsMargin.Correct(at, deviation, double.NegativeInfinity, 1, margin);
            Assert.That(same, Is.EqualTo(deviation));
            Assert.That(NormalLaw.Cumulative((edge - 1) / same), Is.GreaterThan(margin - 1e-9));
        });

    [Test]
    public void A_wide_distribution_needs_no_correction() =>
        Assert.That(CmaEsMargin.Correct(0.4, 5, 0, 1, 0.05), Is.EqualTo((0.4, 5.0)));
}
