namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class EcddTests
{
    [TestCase(0.02), TestCase(0.1), TestCase(0.35)]
    public void The_limit_fitted_here_keeps_its_run_length(double rate) =>
        Assert.That(RunLength(new Ecdd(1000), rate), Is.EqualTo(1000).Within(10).Percent);

    [TestCase(0.1), TestCase(0.2), TestCase(0.3)]
    public void The_published_limit_for_four_hundred_nearly_keeps_it(double rate) =>
        Assert.That(RunLength(new Ecdd(), rate), Is.EqualTo(400).Within(15).Percent);

    [Test]
    public void Before_an_alarm_comes_a_warning_and_a_fall_is_none()
    {
        Ecdd detector = new();
        for (int i = 0; i < 200; i++)
            detector.Update(i % 5 == 0 ? 1 : 0);
        List<ChangeSignal> rising = [];
        while (!rising.Contains(ChangeSignal.Change))
            rising.Add(detector.Update(1));
        Assert.That(rising, Does.Contain(ChangeSignal.Warning));
        Assert.That(rising, Has.Count.InRange(2, 6));

        for (int i = 0; i < 400; i++)
            Assert.That(detector.Update(i < 200 && i % 2 == 0 ? 1 : 0), Is.Not.EqualTo(ChangeSignal.Change));
    }

    [TestCase(500, 0.2, 0.5, 30)]
    [TestCase(400, 0, 0.5, 30)]
    [TestCase(400, 1, 0.5, 30)]
    [TestCase(400, 0.2, 0, 30)]
    [TestCase(400, 0.2, 1.1, 30)]
    [TestCase(400, 0.2, 0.5, -1)]
    public void Impossible_settings_are_refused(int runLength, double weight, double warning, int warmStart) =>
        Assert.That(() => new Ecdd(runLength, weight, warning, warmStart), Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static double RunLength(Ecdd detector, double rate)
    {
        const int Alarms = 1_000;
        SplitMix64 random = new(21);
        long values = 0;
        for (int alarms = 0; alarms < Alarms; values++)
            alarms += detector.Update(random.NextDouble() < rate ? 1 : 0) == ChangeSignal.Change ? 1 : 0;
        return (double)values / Alarms;
    }
}
