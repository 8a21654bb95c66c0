namespace Mlops.Statistics.Tests;

internal sealed class PageHinkleyTests
{
    [TestCase(0.25, 8.01, ChangeDirection.Both)]
    [TestCase(0.5, 5.0, ChangeDirection.Up)]
    [TestCase(0.5, 5.0, ChangeDirection.Down)]
    public void Without_forgetting_the_expected_run_length_is_kept(double slack, double threshold, ChangeDirection direction)
    {
        const double Deviation = 3;
        PageHinkley detector = new(threshold * Deviation, slack * Deviation, forgetting: 1, minimumCount: 0, direction);
        SplitMix64 random = new(8);
        const int Alarms = 2_000;
        long total = 0;
        for (int alarm = 0; alarm < Alarms; total++)
            alarm += detector.Update(10 + (Deviation * random.NextNormal())) == ChangeSignal.Change ? 1 : 0;

        // Nearly exponential runs: a standard error of 2.2 %.
        double expected = PageHinkley.ExpectedRunLength(slack, threshold, direction);
        Assert.That((double)total / Alarms, Is.EqualTo(expected).Within(10).Percent);
    }
}
