using System.Text.Json;
using CsCheck;

namespace Mlops.Tuning.Tests;

/// <summary>Reference values by tests/reference/tuning/gaussian_process.py, numpy 1.24 and scipy 1.10.</summary>
public sealed class GaussianProcessTests
{
    private static readonly bool[] IsChoice = [false, false, true];

    private JsonDocument _reference = null!;

    [OneTimeSetUp]
    public void Read() => _reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "gaussian_process.json")));

    [OneTimeTearDown]
    public void Close() => _reference.Dispose();

    [Test]
    public void Likelihood_and_gradient_equal_the_reference()
    {
        double[] gradient = new double[5];
        double loss = new GaussianProcess(IsChoice).Loss(Rows("points"), Row("targets"), Row("logs"), gradient);

        Assert.That(loss, Is.EqualTo(_reference.RootElement.GetProperty("loss").GetDouble()).Within(1e-8));
        Assert.That(gradient, Is.EqualTo(Row("gradient")).Within(1e-5));
    }

    [Test]
    public void Mean_and_variance_equal_the_reference_and_their_gradients_the_differences()
    {
        GaussianProcess process = GaussianProcess.Condition(Rows("points"), Row("targets"), IsChoice, Row("logs"))!;
        double[][] at = Rows("at");
        for (int i = 0; i < at.Length; i++)
        {
            (double mean, double variance) = process.Predict(at[i]);
            Assert.That(mean, Is.EqualTo(Row("mean")[i]).Within(1e-9));
            Assert.That(variance, Is.EqualTo(Row("variance")[i]).Within(1e-9));

            double[] byMean = new double[3];
            double[] byVariance = new double[3];
            Assert.That(process.Predict(at[i], byMean, byVariance).Mean, Is.EqualTo(mean).Within(1e-12));
            for (int d = 0; d < 2; d++)
            {
                const double Step = 1e-6;
                (double Mean, double Variance) above = process.Predict([.. at[i].Select((x, k) => k == d ? x + Step : x)]);
                (double Mean, double Variance) below = process.Predict([.. at[i].Select((x, k) => k == d ? x - Step : x)]);
                Assert.That(byMean[d], Is.EqualTo((above.Mean - below.Mean) / 2 / Step).Within(1e-5));
                Assert.That(byVariance[d], Is.EqualTo((above.Variance - below.Variance) / 2 / Step).Within(1e-5));
            }
        }
    }

    [Test]
    public void The_improvement_keeps_its_digits_far_below_and_its_gradient_equals_the_differences()
    {
        double[] z = Row("z");
        for (int i = 0; i < z.Length; i++)
        {
            const double Step = 1e-5;
            double value = ExpectedImprovement.Log(z[i], 0, 1 - 1e-12, out double byMean, out double byVariance);
            double expected = Row("improvement")[i];
            Assert.That(value, Is.EqualTo(expected).Within(1e-8 * Math.Max(1, Math.Abs(expected))), $"z = {z[i]}");

            double tolerance = 1e-4 * Math.Max(1, z[i] * z[i]);
            Assert.That(byMean, Is.EqualTo((At(Step, 1) - At(-Step, 1)) / 2 / Step).Within(tolerance), $"z = {z[i]}");
            Assert.That(byVariance, Is.EqualTo((At(0, 1 + Step) - At(0, 1 - Step)) / 2 / Step).Within(tolerance), $"z = {z[i]}");

            double At(double mean, double variance) => ExpectedImprovement.Log(z[i], mean, variance, out _, out _);
        }
    }

    [Test]
    public void Values_are_bent_by_the_most_likely_power() => Assert.That(Transformed(Row("values")), Is.EqualTo(Row("bent")).Within(1e-4));

    [TestCase(1e9)]
    [TestCase(1e17)]
    [TestCase(1e200)]
    [TestCase(double.MaxValue)]
    public void A_huge_value_counts_as_the_worst_of_the_others(double huge) =>
        Assert.That(Transformed([3, 1, huge, 0, 2, 5, 4, huge / 2, 6]), Is.EqualTo(Transformed([3, 1, 6, 0, 2, 5, 4, 6, 6])));

    [Test]
    public void The_lowest_value_stays_the_lowest_however_low()
    {
        double[] transformed = Transformed([3, 1, double.MinValue, 0, 2]);

        Assert.That(transformed, Is.All.InRange(-100, 100));
        Assert.That(transformed[2], Is.LessThan(transformed[3]));
    }

    [Test]
    public void Values_with_long_tails_are_bent_bit_for_bit_as_they_are() =>
        Gen.Double[-6, 6].Select(Math.Exp).Array[3, 60].Sample(static values => Assert.That(Transformed(values), Is.EqualTo(PlainTransform.Apply(values))));

    [Test]
    public void Equal_values_become_zeros() => Assert.That(Transformed([3, 3, 3]), Is.All.Zero);

    [Test]
    public void A_factor_solves_its_matrix() =>
        Gen.Int[1, 40].SelectMany(static n => Gen.Double[-1, 1].Array[n * n]).Sample(static entries =>
        {
            int n = (int)Math.Sqrt(entries.Length);
            double[] matrix = new double[n * n];
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    matrix[(i * n) + j] = Enumerable.Range(0, n).Sum(k => entries[(i * n) + k] * entries[(j * n) + k]) + (i == j ? 1 : 0);
                }
            }

            Cholesky factor = Factor(matrix, n)!;
            var inverted = new InverseFactor();
            inverted.Invert(factor);
            double[] inverse = new double[n * n];
            for (int i = 0; i < n * n; i++)
            {
                inverse[i] = inverted.Entry(Math.Max(i / n, i % n), Math.Min(i / n, i % n));
            }

            double[] solved = [.. entries[..n]];
            factor.SolveLower(solved);
            factor.SolveUpper(solved);
            for (int i = 0; i < n; i++)
            {
                Assert.That(Cholesky.Dot(matrix.AsSpan(i * n, n), solved), Is.EqualTo(entries[i]).Within(1e-9));
                Assert.That(Cholesky.Dot(matrix.AsSpan(i * n, n), inverse.AsSpan(i * n, n)), Is.EqualTo(1).Within(1e-9));
            }
        });

    [Test]
    public void An_indefinite_matrix_has_no_factor() => Assert.That(Factor([1, 0, 2, 1], 2), Is.Null);

    /// <summary>Points come one by one, some are taken back, parameters change in between: the bits are those of a process that is conditioned once.</summary>
    [Test]
    public void A_process_that_follows_equals_one_that_begins_anew() =>
        Gen.Double[0, 1].Array[3].Array[2, 40].Select(Gen.Int[0, 40].Array[1, 6]).Sample(static (points, cuts) =>
        {
            double[][] logs = [[0.1, 0.5, -1, 0.2, -7], [1, 0, 0, 0.1, -5]];
            var process = new GaussianProcess(IsChoice);
            for (int i = 0; i < cuts.Length; i++)
            {
                double[][] kept = points[..Math.Max(1, Math.Min(cuts[i], points.Length))];
                double[][] shown = i % 2 == 0 ? kept : [.. kept, [0.3, 0.2, 1]];
                double[] targets = Array.ConvertAll(shown, static point => point[0] - point[1]);
                Assert.That(process.Follow(shown, logs[i / 3]), Is.True);
                process.Solve(targets);
                GaussianProcess fresh = GaussianProcess.Condition(shown, targets, IsChoice, logs[i / 3])!;
                Assert.That(process.Predict([0.4, 0.6, 0]), Is.EqualTo(fresh.Predict([0.4, 0.6, 0])));
            }
        });

    [Test]
    public void The_minimum_within_bounds_is_found_where_a_bound_stops_the_descent()
    {
        double[] point = [0.9, 0.1, 0.5];

        double value = new BoxMinimizer(3).Minimize(Bowl, point, [0, 0, 0], [1, 1, 1], 200, 1e-9);

        // Without bounds (2, -1, 0.3); the cross term pulls the last coordinate once the others stop at 1 and 0.
        Assert.That(point[..2], Is.EqualTo(new[] { 1.0, 0.0 }));
        Assert.That(point[2], Is.EqualTo(0.3 + 0.5).Within(1e-6));
        Assert.That(value, Is.EqualTo(100 + 1 + 0.25 - 0.5).Within(1e-6));

        static double Bowl(double[] x, double[] gradient)
        {
            (double a, double b, double c) = (x[0] - 2, x[1] + 1, x[2] - 0.3);
            gradient[0] = (200 * a) + c;
            gradient[1] = 2 * b;
            gradient[2] = (2 * c) + a;
            return (100 * a * a) + (b * b) + (c * c) + (a * c);
        }
    }

    private static double[] Transformed(double[] values)
    {
        double[] transformed = [.. values];
        new PowerTransform().Apply(transformed);
        return transformed;
    }

    private static Cholesky? Factor(double[] matrix, int n)
    {
        var factor = new Cholesky();
        for (int i = 0; i < n; i++)
        {
            matrix.AsSpan(i * n, i + 1).CopyTo(factor.NextRow());
            if (!factor.Append())
            {
                return null;
            }
        }

        return factor;
    }

    private double[] Row(string name) => _reference.RootElement.GetProperty(name).Deserialize<double[]>()!;

    private double[][] Rows(string name) => _reference.RootElement.GetProperty(name).Deserialize<double[][]>()!;
}
