using Microsoft.Extensions.Time.Testing;

namespace Mlops.Webhooks.Tests;

/// <summary>A clock on which waits pass at once and time limits stand still.</summary>
/// <param name="limit">Timers of this length and above are time limits.</param>
internal sealed class SkippingTime(TimeSpan limit) : FakeTimeProvider
{
    public List<TimeSpan> Waits { get; } = [];

    public List<TimeSpan> Limits { get; } = [];

    /// <summary>How much later than asked a wait ends.</summary>
    public TimeSpan Late { get; init; }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime >= limit)
        {
            Limits.Add(dueTime);
            return base.CreateTimer(callback, state, dueTime, period);
        }

        Waits.Add(dueTime);
        Advance(dueTime + Late);
        return base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
