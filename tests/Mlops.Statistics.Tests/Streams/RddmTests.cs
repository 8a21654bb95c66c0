namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class RddmTests
{
    [Test]
    public void After_an_alarm_the_series_starts_with_the_values_since_the_warning()
    {
        Rddm detector = new();
        SplitMix64 random = new(3);
        int warned = 0, i = 0;
        ChangeSignal signal = ChangeSignal.None;
        for (; signal != ChangeSignal.Change; i++)
        {
            signal = detector.Update(random.NextDouble() < (i < 1_000 ? 0.1 : 0.5) ? 1 : 0);
            warned = signal == ChangeSignal.Warning ? warned + 1 : signal == ChangeSignal.None ? 0 : warned;
        }

        detector.Update(0);
        Assert.That(warned, Is.GreaterThan(0));

        // The warned values, the one of the alarm, the new one, and River's one ahead.
        Assert.That(detector.Count, Is.EqualTo(warned + 3));
    }

    [Test]
    public void A_series_without_a_warning_is_shortened_to_the_kept_values()
    {
        Rddm detector = new(keptValues: 100, longestSeries: 300);
        int first = Enumerable.Range(0, 1_000).First(i => detector.Update(i % 4 == 0 ? 1 : 0) == ChangeSignal.Change);
        Assert.That(first, Is.EqualTo(300));
        detector.Update(0);
        Assert.That(detector.Count, Is.EqualTo(102));
    }

    [Test]
    public void A_warning_that_lasts_becomes_an_alarm()
    {
        SplitMix64 random = new(1);
        int[] alarms = [.. new[] { 5, 1_000_000 }.Select(limit =>
        {
            SplitMix64 draws = random;
            Rddm detector = new(drift: 1e6, longestWarning: limit);
            return Enumerable.Range(0, 2_000).Count(i => detector.Update(draws.NextDouble() < (i < 1_000 ? 0.1 : 0.3) ? 1 : 0) == ChangeSignal.Change);
        })];
        Assert.That(alarms[0], Is.GreaterThan(0));
        Assert.That(alarms[1], Is.Zero);
    }

    [TestCase(0, 1, 2, 10, 10, 10)]
    [TestCase(1, 0, 2, 10, 10, 10)]
    [TestCase(1, 2, 2, 10, 10, 10)]
    [TestCase(1, 1, 2, 0, 10, 10)]
    [TestCase(1, 1, 2, 10, 0, 10)]
    [TestCase(1, 1, 2, 10, 10, 0)]
    public void Impossible_settings_are_refused(int warmStart, double warning, double drift, int kept, int longestSeries, int longestWarning) =>
        Assert.That(() => new Rddm(warmStart, warning, drift, kept, longestSeries, longestWarning), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
