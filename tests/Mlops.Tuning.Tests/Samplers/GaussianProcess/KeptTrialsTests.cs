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
