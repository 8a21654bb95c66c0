using CsCheck;

namespace Mlops.Tuning.Tests;

public sealed class ParetoTests
{
    private static readonly Gen<double[][]> Points = Gen.Int[1, 4].SelectMany(static objectives => Gen.Int[0, 6].Select(static v => (double)v).Array[objectives].Array[1, 14]);

    [Test]
    public void A_front_is_beaten_by_none_once_the_fronts_before_it_are_gone() =>
        Gen.Int[1, 4].SelectMany(static objectives => Gen.Int[0, 9].Select(static v => (double)v).Array[objectives].Array[0, 80]).Sample(static points =>
        {
            int[] expected = new int[points.Length];
            Array.Fill(expected, -1);
            for (int front = 0; expected.Contains(-1); front++)
            {
                int[] left = [.. Enumerable.Range(0, points.Length).Where(i => expected[i] < 0)];
                int[] free = [.. left.Where(i => !left.Any(other => points[other].Zip(points[i]).All(static p => p.First <= p.Second) && !points[other].SequenceEqual(points[i])))];
                Array.ForEach(free, i => expected[i] = front);
            }

            return ParetoRanks.Of(points).SequenceEqual(expected);
        });

    /// <summary>On whole numbers the volume is the number of unit cells that some point dominates.</summary>
    [Test]
    public void The_volume_is_that_of_the_cells_it_covers() =>
        Points.Sample(static points =>
        {
            int objectives = points[0].Length;
            double[] reference = new double[objectives];
            Array.Fill(reference, 5);
            int cells = 0;
            for (int cell = 0; cell < (int)Math.Pow(5, objectives); cell++)
            {
                double[] corner = [.. Enumerable.Range(0, objectives).Select(o => (double)(cell / (int)Math.Pow(5, o) % 5))];
                cells += points.Any(point => point.Zip(corner).All(static p => p.First <= p.Second)) ? 1 : 0;
            }

            return Math.Abs(Hypervolume.Of(points, reference) - cells) < 1e-9;
        });

    [Test]
    public void A_subset_is_chosen_by_the_volume_each_point_adds() =>
        Points.Select(Gen.Int[1, 14]).Sample(static (points, size) =>
        {
            double[] reference = new double[points[0].Length];
            Array.Fill(reference, 7);
            List<int> expected = [];
            while (expected.Count < Math.Min(size, points.Length))
            {
                expected.Add(Enumerable.Range(0, points.Length).Except(expected)
                    .MaxBy(i => Math.Round(Hypervolume.Of([.. expected.Select(e => points[e]), points[i]], reference), 6)));
            }

            return Hypervolume.ChooseSubset(points, size, reference).SequenceEqual(expected);
        });

    /// <summary>The first front of random pairs of whole numbers, with equal points, ties, and points that are not below the reference.</summary>
    [Test]
    public void Along_a_front_of_two_objectives_the_choice_is_the_same() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40]).Array[1, 120].Select(Gen.Int[1, 40], Gen.Int[20, 45]).Sample(static (pairs, size, limit) =>
        {
            double[][] points = [.. pairs.Select(static pair => new double[] { pair.Item1, 60 - pair.Item1 + (pair.Item2 % 3) })];
            int[] ranks = ParetoRanks.Of(points);
            double[][] front = [.. points.Where((_, i) => ranks[i] == 0)];
            double[] reference = [limit, limit + 10];

            Assert.That(new PairSubset().Choose(front, size, reference), Is.EqualTo(Hypervolume.ChooseLazily(front, size, reference)));
        });

    /// <summary>1.1 times the worst value is infinite then, and what a second equal point adds no number.</summary>
    [Test]
    public void Volumes_beyond_all_numbers_end_no_choice() =>
        Assert.That(new PairSubset().Choose([[1.7e308, 0], [1.7e308, 0], [0, 1.7e308]], 3, [double.PositiveInfinity, double.PositiveInfinity]), Is.EquivalentTo(new[] { 0, 1, 2 }));

    [Test]
    public void Pairs_of_which_one_beats_another_are_no_front() => Assert.That(new PairSubset().Choose([[1, 2], [1, 3]], 1, [9, 9]), Is.Null);
}
