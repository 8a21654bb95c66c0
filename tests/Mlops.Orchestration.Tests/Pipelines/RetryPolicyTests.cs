namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class RetryPolicyTests
{
    [Test]
    public void Waits_that_no_clock_can_hold_are_refused()
    {
        Assert.That(() => RetryPolicy.Fixed(2, TimeSpan.MaxValue), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => RetryPolicy.Exponential(2, TimeSpan.FromSeconds(1), TimeSpan.FromDays(3_661)), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(RetryPolicy.Fixed(2, TimeSpan.FromDays(3_660)).Delay, Is.EqualTo(TimeSpan.FromDays(3_660)));
    }

    [Test]
    public void Waits_double_up_to_the_longest()
    {
        RetryPolicy policy = RetryPolicy.Exponential(10, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), jitter: 0);

        Assert.That(
            Enumerable.Range(1, 6).Select(failures => policy.DelayAfter(failures, 0).TotalSeconds),
            Is.EqualTo((double[])[1, 2, 4, 8, 10, 10]));
    }

    [Test]
    public void Waits_never_overflow()
    {
        RetryPolicy policy = RetryPolicy.Exponential(10_000, TimeSpan.FromDays(1), TimeSpan.FromDays(30));

        Assert.That(policy.DelayAfter(9_999, ulong.MaxValue), Is.InRange(TimeSpan.FromDays(24), TimeSpan.FromDays(30)));
    }

    [Test]
    public void Jitter_shortens_a_wait_by_no_more_than_its_share()
    {
        RetryPolicy policy = RetryPolicy.Exponential(3, TimeSpan.FromSeconds(10), jitter: 0.2);

        Assert.That(policy.DelayAfter(1, 0), Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That(policy.DelayAfter(1, ulong.MaxValue).TotalSeconds, Is.EqualTo(8).Within(1e-6));
    }

    [TestCase(0, 1)]
    [TestCase(3, -1)]
    public void Nonsense_is_refused(int attempts, int seconds) =>
        Assert.That(() => RetryPolicy.Fixed(attempts, TimeSpan.FromSeconds(seconds)), Throws.TypeOf<ArgumentOutOfRangeException>());
}
