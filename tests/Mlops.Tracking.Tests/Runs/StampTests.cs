using Mlops.Tracking.Tests.Journal;

namespace Mlops.Tracking.Tests.Runs;

/// <summary>Points without a time of their own.</summary>
public sealed class StampTests
{
    [Test]
    public async Task Threads_that_log_to_one_run_are_taken_in_the_order_of_their_times([Values] bool isBatch)
    {
        var store = new ScriptedStore();
        var clock = new InterruptedClock();
        using var tracker = new Tracker(store, new TrackingOptions(), clock);
        await using Run run = await tracker.StartRunAsync("e");
        Task? other = null;
        clock.Interrupt = () =>
        {
            // Whoever reads the clock before it is its turn is overtaken here.
            other = Task.Run(() => run.LogMetric("other", 1));
            other.Wait(TimeSpan.FromSeconds(1));
        };
        if (isBatch)
        {
            await run.LogMetricsAsync([new Metric("m", 1), new Metric("m", 2)]);
        }
        else
        {
            run.LogMetric("m", 1);
        }

        await other!;
        await run.FlushAsync();
        Metric[] taken = [.. store.Taken.SelectMany(static batch => batch.Metrics)];
        Assert.That(taken, Has.Length.EqualTo(isBatch ? 3 : 2));
        Assert.That(taken.Select(static metric => metric.Time), Is.Ordered);
    }

    /// <summary>A clock that ticks whenever it is read, and calls out before it tells its next time.</summary>
    private sealed class InterruptedClock : TimeProvider
    {
        private long _ticks = DateTimeOffset.UnixEpoch.UtcTicks;
        private Action? _interrupt;

        public Action Interrupt
        {
            set => _interrupt = value;
        }

        public override DateTimeOffset GetUtcNow()
        {
            var now = new DateTimeOffset(Interlocked.Add(ref _ticks, TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
            Interlocked.Exchange(ref _interrupt, null)?.Invoke();
            return now;
        }
    }
}
