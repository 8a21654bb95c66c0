using CsCheck;

namespace Mlops.Storage.Tests.Sql;

[TestFixture]
public sealed class UnixMicrosecondsTests
{
    [Test]
    public void Known_times_are_their_microseconds()
    {
        Assert.That(UnixMicroseconds.From(DateTimeOffset.UnixEpoch), Is.Zero);
        Assert.That(UnixMicroseconds.From(new DateTimeOffset(2026, 3, 1, 13, 0, 0, TimeSpan.FromHours(1))), Is.EqualTo(1_772_366_400_000_000));
        Assert.That(UnixMicroseconds.ToTime(1_772_366_400_000_001), Is.EqualTo(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(10)));
        Assert.That(UnixMicroseconds.From(TimeSpan.FromSeconds(1.5)), Is.EqualTo(1_500_000));
    }

    [Test]
    public void A_time_that_is_finer_is_cut_off_towards_the_past_on_both_sides_of_1970() => Gen.Long[DateTimeOffset.MinValue.UtcTicks, DateTimeOffset.MaxValue.UtcTicks].Sample(ticks =>
    {
        var time = new DateTimeOffset(ticks, TimeSpan.Zero);
        long microseconds = UnixMicroseconds.From(time);
        TimeSpan cut = time - UnixMicroseconds.ToTime(microseconds);
        Assert.That(cut, Is.InRange(TimeSpan.Zero, TimeSpan.FromTicks(9)));
        Assert.That(UnixMicroseconds.From(UnixMicroseconds.ToTime(microseconds)), Is.EqualTo(microseconds));
    });

    [TestCase(long.MinValue)]
    [TestCase(long.MaxValue)]
    [TestCase(253_402_300_800_000_000)]
    public void A_number_that_is_no_time_is_refused(long microseconds) =>
        Assert.That(() => UnixMicroseconds.ToTime(microseconds), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
