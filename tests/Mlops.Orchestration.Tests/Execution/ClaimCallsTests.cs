namespace Mlops.Orchestration.Tests;

internal sealed class ClaimCallsTests
{
    [Test]
    public void What_was_seen_is_settled_once_all_calls_that_had_begun_have_ended_whatever_has_begun_since()
    {
        var calls = new ClaimCalls();
        Assert.That((calls.Last, calls.Oldest), Is.EqualTo((0L, long.MaxValue)));

        ClaimCalls.Call first = calls.Begin();
        ClaimCalls.Call second = calls.Begin();
        long seen = calls.Last;
        ClaimCalls.Call third = calls.Begin();
        second.Dispose();
        Assert.That(calls.Oldest, Is.LessThanOrEqualTo(seen), "the first one may still have taken it");

        first.Dispose();
        Assert.That(calls.Oldest, Is.GreaterThan(seen), "the third one began later");

        third.Dispose();
        Assert.That(calls.Oldest, Is.EqualTo(long.MaxValue));
    }
}
