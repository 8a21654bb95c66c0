namespace Mlops.Tracking.Tests.Storage;

public sealed class MetricKeysTests
{
    [TestCase(2)]
    [TestCase(64)]
    public void However_many_names_come_no_more_are_remembered_than_allowed(int capacity)
    {
        var keys = new MetricKeys(capacity);
        for (int i = 0; i < 1_000; i++)
        {
            keys.Add($"m{i}", i);
            Assert.That(keys.Count, Is.LessThanOrEqualTo(capacity));
        }

        Assert.That(keys.TryGet("m0", out _), Is.False);
        Assert.That((keys.TryGet("m999", out long last), last), Is.EqualTo((true, 999)));
    }

    [Test]
    public void A_name_in_use_is_remembered_while_others_come_and_go()
    {
        var keys = new MetricKeys(10);
        keys.Add("used", 7);
        for (int i = 0; i < 1_000; i++)
        {
            keys.Add($"m{i}", i);
            Assert.That((keys.TryGet("used", out long key), key), Is.EqualTo((true, 7)), $"after {i}");
        }
    }
}
