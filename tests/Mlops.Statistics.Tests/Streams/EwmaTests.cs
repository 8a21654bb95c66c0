namespace Mlops.Statistics.Tests;

[TestFixture]
internal sealed class EwmaTests
{
    // Lucas and Saccucci 1990, table for an in-control run of 500.
    [TestCase(1.0, 3.09)]
    [TestCase(0.5, 3.071)]
    [TestCase(0.25, 2.998)]
    [TestCase(0.1, 2.814)]
    [TestCase(0.05, 2.615)]
    public void Expected_run_length_is_that_of_the_published_table(double weight, double threshold) =>
        Assert.That(Ewma.ExpectedRunLength(weight, threshold), Is.EqualTo(500).Within(5));

    [Test]
    public void A_promised_run_length_is_kept()
    {
        Ewma detector = Ewma.ForExpectedRunLength(10, 2, 300);
        SplitMix64 random = new(12);
        const int Alarms = 1_500;
        long total = 0;
        for (int alarm = 0; alarm < Alarms; total++)
            alarm += detector.Update(10 + (2 * random.NextNormal())) == ChangeSignal.Change ? 1 : 0;

        Assert.That((double)total / Alarms, Is.EqualTo(300).Within(25));
    }
}
