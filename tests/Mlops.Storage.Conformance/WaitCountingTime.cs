using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Conformance;

/// <summary>A clock that knows when somebody waits by it again, so that each step of it meets exactly one attempt.</summary>
public sealed class WaitCountingTime : FakeTimeProvider
{
    private int _timers;

    /// <summary>How often somebody has begun to wait.</summary>
    public int Waits => Volatile.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }

    public async Task AdvanceToNextWaitAsync(TimeSpan step)
    {
        int before = Waits;
        Advance(step);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Waits == before)
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
