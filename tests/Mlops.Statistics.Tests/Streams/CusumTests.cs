namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class CusumTests
{
    [TestCase(0.5, 4.0, 168.0)]
    [TestCase(0.5, 5.0, 465.0)]
    [TestCase(0.5, 4.77, 370.0)]
    [TestCase(0.25, 8.01, 370.0)]
    public void Expected_run_length_is_that_of_the_published_tables(double slack, double threshold, double expected) =>
        Assert.That(Cusum.ExpectedRunLength(slack, threshold), Is.EqualTo(expected).Within(0.01 * expected));

    [Test]
    public void A_promised_run_length_is_kept()
    {
        Cusum detector = Cusum.ForExpectedRunLength(10, 2, 200);
        SplitMix64 random = new(7);
        const int Alarms = 2_000;
        long total = 0;
        for (int alarm = 0; alarm < Alarms; total++)
            alarm += detector.Update(10 + (2 * random.NextNormal())) == ChangeSignal.Change ? 1 : 0;

        // The mean of 2 000 nearly exponential runs has a standard error of 2.2 %.
        Assert.That((double)total / Alarms, Is.EqualTo(200).Within(15));
    }

    [Test]
    public void A_shift_is_found_soon_and_in_its_direction()
    {
        Cusum up = new(0, 1, direction: ChangeDirection.Up), down = new(0, 1, direction: ChangeDirection.Down);
        int found = -1;
        for (int i = 0; i < 50 && found < 0; i++)
        {
            found = up.Update(1.5) == ChangeSignal.Change ? i : -1;
            Assert.That(down.Update(1.5), Is.EqualTo(ChangeSignal.None));
        }

        Assert.That(found, Is.EqualTo(4), "the sum gains 1 per value and must exceed 4.77");
    }

    [Test]
    public void An_alarm_starts_a_new_series_and_NaN_is_ignored()
    {
        Cusum detector = new(0, 1, threshold: 1);

        Assert.That(detector.Update(5), Is.EqualTo(ChangeSignal.Change));
        Assert.That(detector.Update(double.NaN), Is.EqualTo(ChangeSignal.None));
        Assert.That(detector.Update(0), Is.EqualTo(ChangeSignal.None));
        Assert.That(detector.Count, Is.EqualTo(1));
    }

    [Test]
    public void Updates_do_not_allocate()
    {
        IChangeDetector[] detectors = [new Cusum(0, 1), new PageHinkley()];
        foreach (IChangeDetector detector in detectors)
            detector.Update(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            foreach (IChangeDetector detector in detectors)
                detector.Update(i & 1);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThanOrEqualTo(64));
    }
}
