namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class TwoProportionZTests
{
    [Test]
    public void Its_square_is_the_uncorrected_chi_squared_statistic()
    {
        TwoSampleResult z = TwoProportionZ.Test(43, 52, 44, 48);
        TwoSampleResult chi = ChiSquare.Test([43, 9], [44, 4], mergeRare: false);

        Assert.That(z.Statistic!.Value * z.Statistic!.Value, Is.EqualTo(chi.Statistic!.Value).Within(1e-12));
        Assert.That(z.PValue!.Value, Is.EqualTo(chi.PValue!.Value).Within(1e-12));
    }

    [Test]
    public void The_interval_is_Newcombes()
    {
        // Newcombe 1998, method 10, 56/70 against 48/80: difference 0.2, interval 0.0524 to 0.3339.
        EffectSize effect = TwoProportionZ.Test(48, 80, 56, 70).Effect!.Value;

        Assert.That(effect.Value, Is.EqualTo(0.2).Within(1e-12));
        Assert.That((effect.Lower!.Value, effect.Upper!.Value), Is.EqualTo((0.0524, 0.3339)).Using<(double, double)>((a, b) => Math.Abs(a.Item1 - b.Item1) < 5e-5 && Math.Abs(a.Item2 - b.Item2) < 5e-5));
    }

    [Test]
    public void Shares_without_variation_have_a_typed_result()
    {
        TwoSampleResult none = TwoProportionZ.Test(0, 10, 0, 20), empty = TwoProportionZ.Test(0, 0, 1, 2);

        Assert.That((none.PValue, none.Reason), Is.EqualTo(((double?)null, (NotComputableReason?)NotComputableReason.SingleCategory)));
        Assert.That(empty.Reason, Is.EqualTo(NotComputableReason.EmptySample));
    }

    [Test]
    public void Impossible_hits_are_refused() =>
        Assert.That(() => TwoProportionZ.Test(3, 2, 0, 1), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("3"));
}
