namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class SlicedWassersteinTests
{
    private static readonly SlicedWassersteinOptions Quick = new() { Permutations = 99, Directions = 16 };

    // scipy 1.10.1: the mean of scipy.stats.wasserstein_distance(x @ v, y @ v) over directions v drawn by SplitMix64(1) and polar normals, each divided by its norm.
    [TestCase(1, 0.7073538954328542)]
    [TestCase(5, 0.6092101939163662)]
    [TestCase(64, 0.4995209402171963)]
    public void The_distance_is_the_mean_of_scipys_over_the_directions(int directions, double expected)
    {
        double[] x = TestData.Normal(1, 120), y = TestData.Normal(2, 75, mean: 0.4);
        SlicedWassersteinOptions options = new() { Directions = directions };
        Assert.That(SlicedWasserstein.Compute(x, y, 3, options)!.Value, Is.EqualTo(expected).Within(1e-13));
        Assert.That(SlicedWasserstein.Test(x, y, 3, options).Statistic!.Value, Is.EqualTo(expected).Within(1e-13));
        Assert.That(SlicedWasserstein.Compute(y, x, 3, options)!.Value, Is.EqualTo(expected).Within(1e-13), "symmetric");
    }

    [Test]
    public void One_column_is_the_plain_distance()
    {
        double[] x = TestData.Normal(1, 70), y = TestData.Normal(2, 50, mean: 0.4);
        Assert.That(SlicedWasserstein.Compute(x, y, 1), Is.EqualTo(Wasserstein.Distance(x, y)));
    }

    [Test]
    public void The_statistic_of_labels_is_the_distance_of_the_relabelled_rows()
    {
        double[] x = TestData.Normal(3, 14), y = TestData.Normal(4, 9, mean: 1);
        double[][] slices = [[.. x, .. y], [.. x.Select(Math.Exp), .. y.Select(Math.Exp)]];
        SlicedRelabelling relabelling = new(slices, 14);
        int[] places = [.. Enumerable.Range(0, 23).OrderBy(i => slices[0][i])];
        int[] first = [.. places.Select(static row => row % 3 == 0 ? 1 : 0)];
        double expected = slices.Average(slice => Wasserstein.Distance(
            [.. places.Where((_, place) => first[place] == 1).Select(row => slice[row])], [.. places.Where((_, place) => first[place] == 0).Select(row => slice[row])])!.Value);
        Assert.That(relabelling.Of(first, [.. first.Select(static label => 1 - label)]), Is.EqualTo(expected).Within(1e-13));
    }

    [Test]
    public void False_alarms_are_nominal_and_the_effect_of_equal_laws_is_small([Values("normal", "lognormal", "discrete5")] string law)
    {
        const int Runs = 400, Rows = 30, Columns = 3;
        int alarms = 0;
        double effects = 0;
        for (ulong run = 0; run < Runs; run++)
        {
            TwoSampleResult result = SlicedWasserstein.Test(TestData.Draw(run * 2, Rows * Columns, law), TestData.Draw((run * 2) + 1, (Rows + 10) * Columns, law), Columns, Quick);
            alarms += result.IsSignificant(0.05) ? 1 : 0;
            effects += result.Effect!.Value.Value / Runs;
        }

        Assert.That(alarms, Is.InRange(TestData.LowerLimit(Runs, 0.045), TestData.UpperLimit(Runs, 0.055)));
        Assert.That(effects, Is.LessThan(0.1), "the distance itself is 0.2 spreads and more");
    }

    [Test]
    public void A_shift_of_every_column_has_an_effect_of_four_fifths_whatever_the_dimension([Values(8, 64)] int columns)
    {
        double[] x = TestData.Normal(5, 600 * columns), y = TestData.Normal(6, 600 * columns, mean: 0.5);
        TwoSampleResult result = SlicedWasserstein.Test(x, y, columns, new() { Permutations = 49, Directions = 128 });
        Assert.That(result.Effect!.Value.Value, Is.EqualTo(0.8 * 0.5).Within(0.1), "128 directions err by 0.025");
        Assert.That(result.PValue, Is.EqualTo(0.02));
    }

    [Test]
    public void The_order_of_rows_changes_nothing_and_floats_are_widened()
    {
        double[] x = TestData.Draw(7, 120, "discrete5"), y = TestData.Draw(8, 90, "discrete5");
        TwoSampleResult result = SlicedWasserstein.Test(x, y, 3, Quick);
        TwoSampleResult reversed = SlicedWasserstein.Test([.. x.Chunk(3).Reverse().SelectMany(static row => row)], [.. y.Chunk(3).Reverse().SelectMany(static row => row)], 3, Quick);
        Assert.That(reversed, Is.EqualTo(result));
        Assert.That(SlicedWasserstein.Test(TestData.ToSingle(x), TestData.ToSingle(y), 3, Quick), Is.EqualTo(result));
        Assert.That(SlicedWasserstein.Compute(TestData.ToSingle(x), TestData.ToSingle(y), 3, Quick), Is.EqualTo(result.Statistic));
    }

    [Test]
    public void Degenerate_samples_have_typed_results_and_mistakes_throw()
    {
        double[] some = [1, 2, 3, 4];
        Assert.That(SlicedWasserstein.Compute([], some, 2), Is.Null);
        Assert.That(SlicedWasserstein.Test([], some, 2).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(SlicedWasserstein.Test([1, double.NaN, 5, 6], some, 2).Reason, Is.EqualTo(NotComputableReason.TooFewValues), "a row that is not finite is left out");
        Assert.That(SlicedWasserstein.Test([1, 1, 1], [1, 1, 1], 1).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(SlicedWasserstein.Test([1e308, 1e308, 1e308, -1e308], some, 2).Reason, Is.EqualTo(NotComputableReason.NumericOverflow));
        TwoSampleResult constant = SlicedWasserstein.Test([1, 1, 1, 1, 1, 1], [2, 3, 4, 5, 6, 7], 1);
        Assert.That((constant.Effect, constant.PValue), Is.EqualTo(((EffectSize?)null, constant.PValue)), "a constant reference has no spread");
        Assert.That(constant.PValue, Is.LessThan(0.01));
        Assert.That(() => SlicedWasserstein.Test([1, 2, 3], some, 2), Throws.ArgumentException.With.Message.Contains("whole number of rows"));
        Assert.That(() => SlicedWasserstein.Test(some, some, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => SlicedWasserstein.Test(new double[4_000], new double[4_000], 1), Throws.ArgumentException.With.Message.Contains("sample of the rows"));
        Assert.That(() => new SlicedWassersteinOptions { Directions = 0 }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
