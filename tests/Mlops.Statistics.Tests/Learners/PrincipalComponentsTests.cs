namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class PrincipalComponentsTests
{
    // numpy 1.24.2: numpy.linalg.eigh of the correlations of the same rows, the error of a row being sqrt(mean((z - z V V')^2)).
    [TestCase(0.65, 2, 0.6806538393356152, 0.5672360280637057, 0.8453684823610177)]
    [TestCase(0.9, 4, 0.9345784355738379, 0.3907499008046987, 0.43284593337021837)]
    [TestCase(0.3, 1, 0.4524161314080814, 0.7375115640378609, 0.8537149692733552)]
    public void Errors_are_those_of_numpy(double share, int components, double explained, double mean, double first)
    {
        double[] rows = TestData.Normal(3, 300), others = TestData.Normal(4, 60, mean: 0.5);
        for (int i = 0; i < rows.Length; i += 6)
        {
            rows[i + 1] += rows[i];
            rows[i + 2] += 2 * rows[i];
            rows[i + 3] *= 5;
            rows[i + 5] += rows[i + 4];
        }

        PrincipalComponents fitted = PrincipalComponents.Fit(rows, 6, share)!;
        Assert.That((fitted.Columns, fitted.Count), Is.EqualTo((6, components)));
        Assert.That(fitted.ExplainedShare, Is.EqualTo(explained).Within(1e-13));
        Assert.That(fitted.MeanError(others)!.Value, Is.EqualTo(mean).Within(1e-12));
        Assert.That(fitted.Error(others.AsSpan(0, 6)), Is.EqualTo(first).Within(1e-12));
    }

    [Test]
    public void More_columns_than_rows_are_fitted_by_the_rows_products()
    {
        PrincipalComponents fitted = PrincipalComponents.Fit(TestData.Normal(5, 160), 20)!;
        Assert.That(fitted.Count, Is.EqualTo(4));
        Assert.That(fitted.ExplainedShare, Is.EqualTo(0.7752956442243804).Within(1e-13));
        Assert.That(fitted.MeanError(TestData.Normal(6, 80))!.Value, Is.EqualTo(1.0752687650126682).Within(1e-12));
    }

    [Test]
    public void Values_and_vectors_solve_the_eigenvalue_equation([Values(1, 2, 3, 7, 40, 130)] int size, [Values("random", "lowrank", "identity", "diagonal")] string kind)
    {
        double[][] matrix = [.. Enumerable.Range(0, size).Select(_ => new double[size])];
        double[][] factors = [.. Enumerable.Range(0, size).Select(i => TestData.Normal((ulong)i + 1, kind == "lowrank" ? 2 : size))];
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
                matrix[i][j] = kind switch { "identity" => i == j ? 1 : 0, "diagonal" => i == j ? i - 3 : 0, _ => DotProduct.Of(factors[i], factors[j]) };
        }

        SymmetricEigen eigen = new([.. matrix.Select(static row => (double[])row.Clone())]);
        double tolerance = 1e-13 * double.Max(1, double.Max(Math.Abs(eigen.Values[0]), Math.Abs(eigen.Values[^1])));
        Assert.That(eigen.Values, Is.Ordered.Descending);
        for (int k = 0; k < size; k++)
        {
            double[] vector = eigen.Vector(k);
            for (int i = 0; i < size; i++)
                Assert.That(DotProduct.Of(matrix[i], vector), Is.EqualTo(eigen.Values[k] * vector[i]).Within(tolerance));
            for (int other = 0; other <= k; other += 3)
                Assert.That(DotProduct.Of(vector, eigen.Vector(other)), Is.EqualTo(other == k ? 1 : 0).Within(1e-12));
        }
    }

    [Test]
    public void One_varying_component_is_left_out_so_that_errors_are_not_all_zero()
    {
        double[] one = TestData.Normal(8, 50);
        PrincipalComponents single = PrincipalComponents.Fit(one, 1)!;
        Assert.That(single.Count, Is.Zero);
        Assert.That(single.MeanError(one), Is.GreaterThan(0.5), "the distance from the mean");
        double[] equal = [.. one.SelectMany(static value => new[] { value, value, 7 })];
        PrincipalComponents fitted = PrincipalComponents.Fit(equal, 3)!;
        Assert.That(fitted.Count, Is.Zero, "two equal columns and a constant one vary in one direction");
        Assert.That(fitted.Error([0, 0, 8]), Is.GreaterThan(0.5), "a constant column keeps its unit");
    }

    [Test]
    public void Degenerate_rows_have_no_components_and_mistakes_throw()
    {
        Assert.That(PrincipalComponents.Fit([], 2), Is.Null);
        Assert.That(PrincipalComponents.Fit([1, 2], 2), Is.Null);
        Assert.That(PrincipalComponents.Fit([1, 2, 1, 2, double.NaN, 3], 2), Is.Null, "a row that is not finite is left out");
        Assert.That(() => PrincipalComponents.Fit([1, 2, 3], 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => PrincipalComponents.Fit([1, 2, 3], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => PrincipalComponents.Fit([1, 2, 3], 1, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => PrincipalComponents.Fit([1, 2, 3], 1)!.Error([1, 2]), Throws.ArgumentException);
        Assert.That(() => PrincipalComponents.Fit(new double[1_025 * 1_025], 1_025), Throws.ArgumentException.With.Message.Contains("sample of the rows"));
    }
}
