using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class FanovaTests
{
    private const int Choices = 3;
    private const int Grid = 60;

    private static readonly Gen<(double X, int C, double Y, double Value)[]> Points =
        Gen.Select(Gen.Int[0, Grid - 1].Select(static i => (i + 0.5) / Grid), Gen.Int[0, Choices - 1], Gen.Int[0, 9].Select(static i => (i + 0.5) / 10), Gen.Int[0, 5].Select(static v => (double)v))
            .Array[2, 25];

    /// <summary>Trials lie in the middle of cells, so leaves end on their borders and a sum over cells is the exact integral.</summary>
    [Test]
    public void Variances_are_those_of_the_predictions_over_the_whole_space() =>
        Points.Sample(static points =>
        {
            double[][] columns = [[.. points.Select(static p => p.X)], [.. points.Select(static p => (double)p.C)], [.. points.Select(static p => p.Y)]];
            var tree = new VarianceTree(columns, [0, Choices, 0], [.. points.Select(static p => p.Value)], [.. Enumerable.Range(0, points.Length)]);

            // A border halfway between two cells' middles lies on a border or a middle of cells half as wide.
            (double X, double C, double Y, double Value)[] cells = [.. from x in Enumerable.Range(0, 2 * Grid)
                                                                      from c in Enumerable.Range(0, Choices)
                                                                      from y in Enumerable.Range(0, 20)
                                                                      let point = new[] { (x + 0.5) / (2 * Grid), c, (y + 0.5) / 20 }
                                                                      select (point[0], point[1], point[2], tree.Predict(point))];
            double mean = cells.Average(static cell => cell.Value);
            Assert.That(tree.Variance(), Is.EqualTo(cells.Average(cell => (cell.Value - mean) * (cell.Value - mean))).Within(1e-9));
            Assert.That(tree.MarginalVariance(0), Is.EqualTo(Marginal(cells.GroupBy(static cell => cell.X), mean)).Within(1e-9));
            Assert.That(tree.MarginalVariance(1), Is.EqualTo(Marginal(cells.GroupBy(static cell => cell.C), mean)).Within(1e-9));
            Assert.That(tree.MarginalVariance(2), Is.EqualTo(Marginal(cells.GroupBy(static cell => cell.Y), mean)).Within(1e-9));

            double Marginal(IEnumerable<IGrouping<double, (double X, double C, double Y, double Value)>> groups, double overall) =>
                groups.Average(group => Math.Pow(group.Average(static cell => cell.Value) - overall, 2));
        }, iter: 60);

    [Test]
    public void A_tree_repeats_the_values_of_its_trials()
    {
        double[] x = [0.1, 0.4, 0.4, 0.9];
        double[] c = [0, 1, 2, 1];
        double[] values = [3, 5, 7, 11];

        var tree = new VarianceTree([x, c], [0, 3], values, [0, 1, 2, 3]);

        Assert.That(Enumerable.Range(0, 4).Select(i => tree.Predict([x[i], c[i]])), Is.EqualTo(values));
    }

    /// <summary>Closed form: x, 2 y and a choice of 0 or 1 have variances 1/12, 4/12 and 1/4 of a sum of 8/12.</summary>
    [Test]
    public void Shares_of_a_sum_are_near_those_of_its_terms()
    {
        KeyValuePair<string, ParameterDomain>[] domains = [new("x", ParameterDomain.Real(0, 1)), new("y", ParameterDomain.Real(0, 1)), new("b", ParameterDomain.Boolean)];
        var random = new RandomStream(11, 0, "test");
        TrialRecord[] trials = [.. Enumerable.Range(0, 600).Select(i =>
        {
            double x = random.NextDouble();
            double y = random.NextDouble();
            bool b = random.NextBelow(2) == 1;
            return TrialRecords.Completed(i, [x + (2 * y) + (b ? 1 : 0)], new("x", new(x)), new("y", new(y)), new("b", new(b)));
        })];

        double[][] shares = new Fanova(CompletedTrials.Of(trials, domains, 0, Direction.Minimize)).Shares(static tree => new RandomStream(1, tree, "trees"), 32);

        Assert.That(shares.Select(static share => share.Average()), Is.EqualTo(new[] { 0.125, 0.5, 0.375 }).Within(0.03));
    }
}
