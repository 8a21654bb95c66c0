namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class ELondTests
{
    [Test]
    public void A_discovery_needs_the_reciprocal_of_its_level_and_raises_the_next()
    {
        ELond procedure = new(0.1);

        Assert.That(procedure.NextLevel, Is.EqualTo(0.05).Within(1e-15));
        Assert.That(procedure.Decide(19.9), Is.False);
        Assert.That(procedure.NextLevel, Is.EqualTo(0.1 / 6).Within(1e-15));
        Assert.That(procedure.Decide(61), Is.True);
        Assert.That(procedure.NextLevel, Is.EqualTo(0.1 / 12 * 2).Within(1e-15));
        Assert.That((procedure.Tests, procedure.Discoveries), Is.EqualTo((2L, 1L)));
    }

    [Test]
    public void A_resumed_procedure_continues_where_it_stopped()
    {
        ELond first = new(0.05);
        first.Decide(1e9);
        first.Decide(0);
        ELond second = new(0.05);
        second.RestoreState(first.SaveState());

        Assert.That(second.NextLevel, Is.EqualTo(first.NextLevel));
        Assert.That((second.Tests, second.Discoveries), Is.EqualTo((2L, 1L)));
        Assert.Throws<FormatException>(() => new ELond(0.1).RestoreState(first.SaveState()));
    }

    [Test]
    public void E_values_that_just_reach_their_levels_use_the_whole_rate()
    {
        // Each is the reciprocal of its level with that probability and else 0, so that its expectation is 1.
        const int Runs = 4_000;
        int withDiscovery = 0;
        SplitMix64 random = new(7);
        for (int run = 0; run < Runs; run++)
        {
            ELond procedure = new(0.1);
            for (int t = 0; t < 50; t++)
                procedure.Decide(random.NextDouble() < procedure.NextLevel ? 1 / procedure.NextLevel : 0);
            withDiscovery += procedure.Discoveries > 0 ? 1 : 0;
        }

        Assert.That(withDiscovery, Is.InRange(TestData.LowerLimit(Runs, 0.09), TestData.UpperLimit(Runs, 0.1)));
    }

    [Test]
    public void False_discoveries_stay_below_the_level_even_when_all_tests_are_one()
    {
        // Full dependence: the same e-value again and again.
        int runs = 4_000, withDiscovery = 0;
        SplitMix64 random = new(6);
        for (int run = 0; run < runs; run++)
        {
            ELond procedure = new(0.1);
            double e = ELond.FromPValue(random.NextDouble());
            for (int t = 0; t < 50; t++)
                procedure.Decide(e);
            withDiscovery += procedure.Discoveries > 0 ? 1 : 0;
        }

        Assert.That(withDiscovery, Is.LessThanOrEqualTo(TestData.UpperLimit(runs, 0.1)));
    }

    [Test]
    public void Calibrated_p_values_have_an_expectation_of_one_at_most()
    {
        // The integral of 1 / (2 sqrt p) over (0, 1), by the substitution p = u^2, is 1.
        Assert.That(ELond.FromPValue(0.25), Is.EqualTo(1));
        Assert.That(ELond.FromLogPValue(-2000), Is.EqualTo(double.PositiveInfinity).Or.GreaterThan(1e300));
        Assert.That(() => new ELond().Decide(double.NaN), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_logarithm_that_rounding_left_above_zero_is_that_of_one() => Assert.That(ELond.FromLogPValue(1e-3), Is.EqualTo(0.5));
}
