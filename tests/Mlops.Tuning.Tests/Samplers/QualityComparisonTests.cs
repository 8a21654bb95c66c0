namespace Mlops.Tuning.Tests;

public sealed class QualityComparisonTests
{
    private static readonly double[] Ours = [0.1, 0.4, 0.4, 0.9, 1.3, 2.2, 0.05];
    private static readonly double[] Theirs = [0.4, 1.1, 1.9, 2.5, 0.8, 3.1];

    /// <summary>From scipy 1.10: mannwhitneyu(ours, theirs, alternative="less", method="asymptotic"), the median of the outer differences.</summary>
    [Test]
    public void The_p_value_and_the_shift_are_those_of_scipy()
    {
        QualityComparison comparison = QualityComparison.Of(Ours, Theirs, [5], [4]);

        Assert.That(comparison.BetterP, Is.EqualTo(0.0657375624982969).Within(1e-12));
        Assert.That(QualityComparison.Of(Theirs, Ours, [5], [4]).WorseP, Is.EqualTo(0.0657375624982969).Within(1e-12));
        Assert.That(comparison.Shift, Is.EqualTo(-0.725).Within(1e-12));
        Assert.That(comparison.Margin, Is.EqualTo(0.1).Within(1e-12));
    }

    /// <summary>21 - 1.645 sqrt(42 * 14 / 12) = 9.49: nine differences may lie above the bound.</summary>
    [Test]
    public void The_bound_of_the_shift_is_an_order_statistic_of_the_differences()
    {
        double[] differences = [.. Ours.SelectMany(static x => Theirs.Select(y => x - y)).Order()];

        Assert.That(QualityComparison.Of(Ours, Theirs, [5], [4]).UpperShift, Is.EqualTo(differences[^10]));
    }

    [Test]
    public void Equal_results_are_not_worse_and_clearly_larger_ones_are()
    {
        double[] theirs = [.. Enumerable.Range(0, 40).Select(static i => i / 40.0)];

        Assert.That(QualityComparison.Of(theirs, theirs, [9], [4]).IsNotWorse, Is.True);
        Assert.That(QualityComparison.Of([.. theirs.Select(static x => x + 0.5)], theirs, [9], [4]).IsNotWorse, Is.False);
        Assert.That(QualityComparison.Of([1, 1, 1], [1, 1, 1], [1], [1]).IsNotWorse, Is.True);
    }

    [Test]
    public void Holm_multiplies_the_smallest_most_and_keeps_the_order() =>
        Assert.That(QualityComparison.Holm([0.04, 0.01, 0.03, 0.9]), Is.EqualTo(new[] { 0.09, 0.04, 0.09, 0.9 }).Within(1e-12));
}
