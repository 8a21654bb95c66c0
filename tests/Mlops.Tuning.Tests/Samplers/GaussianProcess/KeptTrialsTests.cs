namespace Mlops.Tuning.Tests;

public sealed class KeptTrialsTests
{
    /// <summary>(5, 5) goes when the fifth trial comes, (6, 6) when the sixth does; the newest two stay whatever they found.</summary>
    [Test]
    public void Of_too_many_trials_the_most_beaten_of_the_older_half_goes() =>
        Assert.That(Kept(4, [[1, 5], [5, 5], [5, 1], [6, 6], [9, 9], [0, 9]], []), Is.EqualTo(new[] { 0, 2, 4, 5 }));

    [Test]
    public void Those_that_miss_their_constraints_most_go_first() =>
        Assert.That(Kept(4, [[1, 5], [5, 5], [0, 0], [6, 6], [9, 9]], [0, 0, 0.1]), Is.EqualTo(new[] { 0, 1, 3, 4 }));

    [Test]
    public void Among_equals_the_first_stays() => Assert.That(Kept(4, [[1], [1], [1], [1], [1]], []), Is.EqualTo(new[] { 0, 1, 3, 4 }));

    /// <summary>Many trials at random, with ties and missed constraints: what goes is what a comparison of each with each says.</summary>
    [Test]
    public void What_is_kept_is_what_comparing_all_with_all_would_keep([Values(1, 2, 3)] int objectives, [Values(1, 7, 20)] int maximum)
    {
        var random = new Random(objectives);
        var kept = new KeptTrials(maximum);
        List<GaussianProcessRow> expected = [];
        for (int i = 0; i < 300; i++)
        {
            var row = new GaussianProcessRow([i], [.. Enumerable.Range(0, objectives).Select(_ => (double)random.Next(8))], random.Next(10) == 0 ? random.Next(3) : 0, double.NaN);
            kept.Add(row);
            expected.Add(row);
            if (expected.Count > maximum)
            {
                GaussianProcessRow[] oldest = [.. expected.Take(expected.Count - (maximum / 2))];
                expected.Remove(oldest.MaxBy(one => (one.Violation, oldest.Count(other => ParetoRanks.Dominates(other.Values, one.Values)), one.Point[0]))!);
            }

            Assert.That(kept.Rows, Is.EqualTo(expected));
        }
    }

    /// <summary>A trial is compared with each of the others when it is old enough to go and when it goes, not all with all.</summary>
    [Test]
    public void A_trial_more_costs_comparisons_with_the_others_once()
    {
        const int Maximum = 400;
        const int Trials = 2_000;
        var kept = new KeptTrials(Maximum);
        for (int i = 0; i < Trials; i++)
        {
            kept.Add(new GaussianProcessRow([i], [i * 7919 % 1_009, i * 104_729 % 1_013], 0, double.NaN));
        }

        Assert.That(kept.Compared, Is.InRange(Trials, 2L * Trials * Maximum / 2));
    }

    private static int[] Kept(int maximum, double[][] values, double[] violations)
    {
        var kept = new KeptTrials(maximum);
        for (int i = 0; i < values.Length; i++)
        {
            kept.Add(new GaussianProcessRow([i], values[i], violations.ElementAtOrDefault(i), double.NaN));
        }

        return [.. kept.Rows.Select(static row => (int)row.Point[0])];
    }
}
