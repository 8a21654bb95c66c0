namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class KswinTests
{
    [Test]
    public void An_alarm_means_that_the_exact_test_of_its_samples_rejects()
    {
        // The critical distance of 30 against 30: every attainable distance on either side.
        int alarms = 0;
        Kswin detector = new(alpha: 0.005);
        foreach (double v in TestData.Normal(6, 400).Concat(TestData.Normal(7, 400, 2)))
        {
            bool alarm = detector.Update(v) == ChangeSignal.Change;
            if (detector.Distance == 0)
                continue;
            double p = Math.Exp(KolmogorovLattice.LogSurvival(30, 30, (long)Math.Round(detector.Distance * 900), [], long.MaxValue)!.Value);
            Assert.That(alarm, Is.EqualTo(p <= 0.005), $"distance {detector.Distance}");
            alarms += alarm ? 1 : 0;
            if (alarm)
                Assert.That(detector.Count, Is.EqualTo(30), "the newest values stay");
        }

        Assert.That(alarms, Is.GreaterThan(0));
    }

    [Test]
    public void A_change_of_spread_without_a_change_of_mean_is_found()
    {
        Kswin detector = new(alpha: 0.001);
        foreach (double v in TestData.Normal(8, 300))
            detector.Update(v);

        Assert.That(TestData.Normal(9, 200, 0, 6).Any(v => detector.Update(v) == ChangeSignal.Change), Is.True);
    }
}
