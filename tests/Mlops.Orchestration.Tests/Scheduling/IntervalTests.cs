using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>How a step learns what interval it is about; the pipeline is the one that docs/orchestration.md shows.</summary>
[TestFixture]
internal sealed class IntervalTests
{
    [Test]
    public async Task Steps_learn_their_interval_from_the_parameters_and_the_cache_tells_days_apart_by_them()
    {
        using var file = new SqliteFile();
        await using Database database = file.Open();
        var pipelines = new Pipelines(database, [new LoadRides()]);
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));
        var schedule = PipelineSchedule.For<LoadRides, DateOnly>(
            "rides", "0 3 * * *", static interval => DateOnly.FromDateTime(interval.Start.Date), new() { TimeZone = "Europe/Helsinki" });
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await using var worker = new PipelineWorker(pipelines, StoreTests.Quick());
        worker.Start();
        await scheduler.FollowAsync(schedule, default);

        List<(string, CacheOutcome, DateTimeOffset?)> seen = [];
        for (int day = 0; day < 2; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await scheduler.FollowAsync(schedule, default);
            seen.Add(await EndAsync((await pipelines.ListRunsAsync(nameof(LoadRides)))[0]));
        }

        seen.Add(await EndAsync(await pipelines.StartAsync<LoadRides, DateOnly>(new DateOnly(2026, 3, 2))));

        Assert.That(seen, Is.EqualTo(((string, CacheOutcome, DateTimeOffset?)[])
        [
            ("rides/2026-03-02.parquet", CacheOutcome.Missed, new DateTimeOffset(2026, 3, 2, 1, 0, 0, TimeSpan.Zero)),
            ("rides/2026-03-03.parquet", CacheOutcome.Missed, new DateTimeOffset(2026, 3, 3, 1, 0, 0, TimeSpan.Zero)),
            ("rides/2026-03-02.parquet", CacheOutcome.Hit, null),
        ]));

        async Task<(string, CacheOutcome, DateTimeOffset?)> EndAsync(PipelineRun run)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            run = (await pipelines.WaitAsync(run.Id, limit.Token)).EnsureSucceeded();
            return (await run.GetResultAsync<string>("load"), (await run.ExplainCacheAsync("load"))!.Outcome, run.Partition?.Start);
        }
    }

    private sealed class LoadRides : IPipelineDefinition<DateOnly>
    {
        public void Define(PipelineBuilder<DateOnly> p) =>
            p.Step("load", static ctx => Task.FromResult($"rides/{ctx.Parameters.ToString("O", CultureInfo.InvariantCulture)}.parquet")).WithCache();
    }
}
