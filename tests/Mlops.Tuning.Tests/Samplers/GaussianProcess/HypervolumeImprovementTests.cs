using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class HypervolumeImprovementTests
{
    /// <summary>On ranks the region is made of unit cells, those below every rank of a coordinate included.</summary>
    [Test]
    public void Boxes_hold_every_cell_that_no_point_dominates_once() =>
        Gen.Int[1, 4].SelectMany(static objectives => Gen.Int[0, 4].Array[objectives].Array[0, 8].Select(Gen.Int[0, 4].Array[objectives].Array[0, 8])).Sample(static (before, points) =>
        {
            int objectives = points.Concat(before).Select(static point => point.Length).FirstOrDefault(2);
            int[] tops = [.. Enumerable.Repeat(5, objectives)];
            var decomposition = new BoxDecomposition(objectives);
            decomposition.Decompose([.. before.SelectMany(static point => point)], tops);
            int[] boxes = decomposition.Decompose([.. points.SelectMany(static point => point)], tops).ToArray();
            for (int cell = 0; cell < (int)Math.Pow(6, objectives); cell++)
            {
                int[] corner = [.. Enumerable.Range(0, objectives).Select(o => (cell / (int)Math.Pow(6, o) % 6) - 1)];
                bool isFree = !points.Any(point => point.Zip(corner).All(static pair => pair.First <= pair.Second));
                int holders = boxes.Chunk(2 * objectives).Count(box => corner.Select((at, o) => (at, o)).All(entry => box[2 * entry.o] <= entry.at && entry.at < box[(2 * entry.o) + 1]));
                Assert.That(holders, Is.EqualTo(isFree ? 1 : 0));
            }
        });

    [TestCase(2, 1)]
    [TestCase(3, 2)]
    public void A_front_of_n_points_makes_few_boxes(int objectives, int perPoint) =>
        Gen.Int[0, 30].Array[objectives].Array[1, 40].Sample(points =>
            new BoxDecomposition(objectives).Decompose([.. points.SelectMany(static point => point)], [.. Enumerable.Repeat(31, objectives)]).Length / (2 * objectives)
                <= (perPoint * points.Length) + 1);

    /// <summary>The normal laws are cut into equally likely pieces, and the volume that each combination adds is measured.</summary>
    [TestCase(2, 200)]
    [TestCase(3, 40)]
    public void The_improvement_is_the_expected_gain_of_volume(int objectives, int pieces)
    {
        double[][] points = objectives == 2
            ? [[-1, 1.5], [-0.2, 0.3], [0.4, 0.1], [1.5, -1.2], [1.6, 2]]
            : [[-1, 1.5, 0], [-0.2, 0.3, 0.4], [0.4, 0.1, -0.5], [1.5, -1.2, 1.4], [0.3, 0.9, -1]];
        (HypervolumeImprovement improvement, double[] reference, double[][] front) = Begin(points);
        double[] means = [0.2, -0.1, 0.3];
        double[] variances = [0.5, 0.9, 0.3];
        double before = Hypervolume.Of(front, reference);
        double gain = 0;
        for (int cell = 0; cell < (int)Math.Pow(pieces, objectives); cell++)
        {
            double[] found = [.. Enumerable.Range(0, objectives).Select(o =>
                means[o] + (Math.Sqrt(variances[o]) * NormalLaw.Quantile(((cell / (int)Math.Pow(pieces, o) % pieces) + 0.5) / pieces)))];
            gain += Hypervolume.Of([.. front, found], reference) - before;
        }

        double expected = gain / Math.Pow(pieces, objectives);
        double log = improvement.Log(means.AsSpan(0, objectives), variances.AsSpan(0, objectives), new double[objectives], new double[objectives]);
        Assert.That(Math.Exp(log), Is.EqualTo(expected).Within(0.02 * expected));
    }

    [Test]
    public void Its_derivatives_are_the_differences_near_and_far_from_the_front() =>
        Gen.Double[-3, 40].Array[3].Select(Gen.Double[0.01, 2].Array[3]).Sample(static (means, variances) =>
        {
            const double Step = 1e-6;
            (HypervolumeImprovement improvement, _, _) = Begin([[-1, 1.5, 0], [-0.2, 0.3, 0.4], [0.4, 0.1, -0.5], [1.5, -1.2, 1.4], [0.3, 0.9, -1]]);
            double[] byMeans = new double[3];
            double[] byVariances = new double[3];
            double value = improvement.Log(means, variances, byMeans, byVariances);
            Assert.That(double.IsFinite(value), Is.True);
            for (int o = 0; o < 3; o++)
            {
                double byMean = (At(means, o, Step, variances) - At(means, o, -Step, variances)) / 2 / Step;
                double byVariance = (At(variances, o, Step, means, isVariance: true) - At(variances, o, -Step, means, isVariance: true)) / 2 / Step;
                Assert.That(byMeans[o], Is.EqualTo(byMean).Within(1e-3 * Math.Max(1, Math.Abs(byMean))));
                Assert.That(byVariances[o], Is.EqualTo(byVariance).Within(1e-3 * Math.Max(1, Math.Abs(byVariance))));
            }

            double At(double[] moved, int objective, double step, double[] others, bool isVariance = false)
            {
                double[] at = [.. moved];
                at[objective] += step;
                return improvement.Log(isVariance ? others : at, isVariance ? at : others, new double[3], new double[3]);
            }
        }, iter: 100);

    [Test]
    public void A_running_trial_takes_away_what_is_to_be_gained_where_it_is_expected()
    {
        (HypervolumeImprovement improvement, _, _) = Begin([[-1, 1], [1, -1]]);
        double alone = improvement.Log([-0.2, -0.2], [0.01, 0.01], new double[2], new double[2]);
        improvement.Add([-0.2, -0.2]);

        Assert.That(improvement.Log([-0.2, -0.2], [0.01, 0.01], new double[2], new double[2]), Is.LessThan(alone - 1));
    }

    [TestCase(2, 300, 400)]
    [TestCase(3, 300, 400)]
    [TestCase(4, 300, 2_000)]
    [TestCase(6, 300, 2_000)]
    public void A_large_front_is_thinned_to_points_far_apart_that_hold_its_ends(int objectives, int count, int boxes)
    {
        var random = new RandomStream(1, 2, "front");
        var front = new FrontPoints(objectives);
        double[] least = [.. Enumerable.Repeat(double.PositiveInfinity, objectives)];
        for (int i = 0; i < count; i++)
        {
            double[] point = [.. Enumerable.Range(0, objectives).Select(_ => -Math.Log(1 - random.NextDouble()))];
            double length = Math.Sqrt(point.Sum(static x => x * x));
            point = Array.ConvertAll(point, x => x / length);
            least = [.. least.Zip(point, Math.Min)];
            front.Add(point);
        }

        front.Thin([.. Enumerable.Repeat(2.0, objectives)]);

        Assert.That(Enumerable.Range(0, Math.Min(objectives, front.Count)).Select(o => front.Extent(o).Best), Is.EqualTo(least));
        int[] ranks = [.. Enumerable.Range(0, front.Count).SelectMany(i => Enumerable.Range(0, objectives).Select(o =>
            Enumerable.Range(0, front.Count).Count(other => front[other][o] < front[i][o])))];
        Assert.That(new BoxDecomposition(objectives).Decompose(ranks, [.. Enumerable.Repeat(front.Count, objectives)]).Length / (2 * objectives), Is.LessThan(boxes));
    }

    [Test]
    public void Points_beyond_the_reference_are_dropped()
    {
        var front = new FrontPoints(2);
        front.Add([3, -5]);
        front.Add([0.5, 0.5]);
        front.Add([0, 1]);
        front.Thin([1, 1]);

        Assert.That(front.Count, Is.EqualTo(1));
        Assert.That(front[0], Is.EqualTo(new[] { 0.5, 0.5 }));
    }

    /// <summary>An improvement over trials whose targets are their values, the reference that follows, and the front.</summary>
    private static (HypervolumeImprovement Improvement, double[] Reference, double[][] Front) Begin(double[][] points)
    {
        int objectives = points[0].Length;
        Surrogate[] models = [.. Enumerable.Range(0, objectives).Select(static _ => new Surrogate([false], new InverseFactor()))];
        for (int i = 0; i < points.Length; i++)
        {
            for (int o = 0; o < objectives; o++)
            {
                models[o].Targets(points.Length)[i] = points[i][o];
            }
        }

        GaussianProcessRow[] rows = Array.ConvertAll(points, static point => new GaussianProcessRow([0], point, 0, double.NaN));
        var improvement = new HypervolumeImprovement(objectives);
        improvement.Begin(rows, models, new RandomStream(0, 0, "test"));
        int[] ranks = ParetoRanks.Of(points);
        double[][] front = [.. points.Where((_, i) => ranks[i] == 0)];
        double[] reference = [.. Enumerable.Range(0, objectives).Select(o =>
            front.Max(point => point[o]) + (0.1 * Math.Max(1, front.Max(point => point[o]) - front.Min(point => point[o]))))];
        return (improvement, reference, front);
    }
}
