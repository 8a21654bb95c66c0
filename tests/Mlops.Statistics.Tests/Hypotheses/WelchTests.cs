namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class WelchTests
{
    [Test]
    public void The_interval_covers_the_true_difference_at_its_rate()
    {
        const int Runs = 2_000;
        int missed = Enumerable.Range(0, Runs).Count(run =>
        {
            EffectSize effect = Welch.Test(TestData.Normal((ulong)run * 2, 12), TestData.Normal(((ulong)run * 2) + 1, 25, 1, 3)).Effect!.Value;
            return !(effect.Lower <= 1 && effect.Upper >= 1);
        });

        Assert.That(missed, Is.InRange(TestData.LowerLimit(Runs, 0.04), TestData.UpperLimit(Runs, 0.06)));
    }

    [Test]
    public void Moments_merged_from_parts_give_the_same_answer()
    {
        double[] x = TestData.Normal(51, 300, 1e9), y = TestData.Normal(52, 200, 1e9 + 0.1);
        TwoSampleResult whole = Welch.Test(x, y);
        TwoSampleResult merged = Welch.Test(Moments.Of(x.AsSpan(0, 100)).Merge(Moments.Of(x.AsSpan(100))), Moments.Of(y));

        Assert.That(merged.Statistic!.Value, Is.EqualTo(whole.Statistic!.Value).Within(1e-10));
        Assert.That(whole.Effect!.Value.Value, Is.EqualTo(0.1).Within(0.2));
    }

    [Test]
    public void Degenerate_samples_have_typed_results()
    {
        Assert.That(Welch.Test([], [1.0]).Reason, Is.EqualTo(NotComputableReason.EmptySample));
        Assert.That(Welch.Test([1.0], [1.0, 2.0]).Reason, Is.EqualTo(NotComputableReason.TooFewValues));
        Assert.That(Welch.Test([1.0, 1.0], [2.0, 2.0]).Reason, Is.EqualTo(NotComputableReason.ConstantSample));
        Assert.That(Welch.Test([1e300, -1e300], [2.0, 3.0]).Reason, Is.EqualTo(NotComputableReason.NumericOverflow));
    }
}
