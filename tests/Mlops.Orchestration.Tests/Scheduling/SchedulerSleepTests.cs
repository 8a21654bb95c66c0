using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>For how long a scheduler sleeps.</summary>
[TestFixture]
internal sealed class SchedulerSleepTests
{
    [TestCase(true, 1)]
    [TestCase(false, 30)]
    public async Task What_an_outage_of_the_store_has_held_up_is_looked_at_again_after_a_second_and_a_mistake_later(bool away, int seconds)
    {
        var time = new SleepRecorder(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
        bool failed = false;
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, [new TestPipeline(static p => p.Step("a", static ctx => Task.FromResult(ctx.Parameters)))]);
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeTick && !failed)
            {
                failed = true;
                throw away ? new StorageException("away") { IsTransient = true } : new InvalidOperationException("a mistake");
            }
        };
        await using var scheduler = new PipelineScheduler(pipelines, [PipelineSchedule.For<TestPipeline, int>("nightly", "0 0 * * *", static _ => 1)], timeProvider: time);
        scheduler.Start();

        await time.NextSleepAsync();
        time.Advance(TimeSpan.FromDays(1));
        TimeSpan sleep = await time.NextSleepAsync();
        time.Advance(sleep);
        await time.NextSleepAsync();

        Assert.That(sleep, Is.EqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(1));
    }

    /// <summary>Says for how long somebody sleeps, once they do.</summary>
    private sealed class SleepRecorder(DateTimeOffset start) : FakeTimeProvider(start)
    {
        private readonly Channel<TimeSpan> _sleeps = Channel.CreateUnbounded<TimeSpan>();

        public Task<TimeSpan> NextSleepAsync() => _sleeps.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            _sleeps.Writer.TryWrite(dueTime);
            return timer;
        }
    }
}
