using Microsoft.Extensions.Time.Testing;

namespace Mlops.Orchestration.Tests;

public abstract class BackfillTests : StoreTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task Each_partition_is_run_once_oldest_first_and_never_too_many_at_once()
    {
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 4).Select(_ => Scheduler(Know(Define)))];
        Pipelines pipelines = Know(Define);
        await schedulers[0].FollowAsync(Hourly, default);
        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(-8).AddMinutes(-30), Monday.AddMinutes(-30), new BackfillOptions { MaximumActive = 3 });
        Assert.That((backfill.State, backfill.Started), Is.EqualTo((BackfillState.Running, 0L)));

        List<int> ended = [];
        while ((await pipelines.FindBackfillAsync(backfill.Id))!.State == BackfillState.Running)
        {
            await Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.FollowAsync(Hourly, default))));
            PipelineRun[] open = [.. (await pipelines.ListRunsAsync("test")).Where(static run => !run.IsOver).Reverse()];
            Assert.That(open, Has.Length.LessThanOrEqualTo(3));
            if (open is [PipelineRun first, ..])
            {
                Assert.That((first.Priority, first.Schedule, first.Partition!.Value.End - first.Partition.Value.Start), Is.EqualTo((RunPriority.Low, (string?)null, TimeSpan.FromHours(1))));
                ended.Add(first.GetParameters<int>());
                await pipelines.CancelAsync(first.Id, "over");
            }
        }

        Assert.That(ended, Is.EqualTo((int[])[16, 17, 18, 19, 20, 21, 22]), "hours of the partitions' starts; the last one that ends within the range");
        backfill = (await pipelines.FindBackfillAsync(backfill.Id))!;
        Assert.That((backfill.State, backfill.Started), Is.EqualTo((BackfillState.Finished, 7L)));
    }

    [Test]
    public async Task A_rerun_decides_what_became_of_the_partition_of_the_run_that_it_repeats()
    {
        Pipelines pipelines = Know(Define);
        await BackAsync(pipelines, 20, 21, succeeds: false);
        PipelineRun failed = (await pipelines.ListRunsAsync("test")).Single(static run => run.GetParameters<int>() == 20);

        PipelineRun rerun = await pipelines.RerunAsync(failed.Id);
        Assert.That(rerun.Partition, Is.EqualTo(failed.Partition));
        await using (var worker = new PipelineWorker(pipelines, Quick()))
        {
            worker.Start();
            (await FinishAsync(pipelines, rerun.Id)).EnsureSucceeded();
        }

        await pipelines.BackfillAsync("hourly", Monday.AddHours(-6), Monday, new BackfillOptions { Partitions = BackfillPartitions.Failed, MaximumActive = 100 });
        await Scheduler(pipelines).FollowAsync(Hourly, default);
        Assert.That(
            (await pipelines.ListRunsAsync("test")).Where(run => run.Id > rerun.Id).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[21]));
    }

    [TestCase(BackfillPartitions.Missing, new[] { 21, 22 })]
    [TestCase(BackfillPartitions.Failed, new[] { 20 })]
    [TestCase(BackfillPartitions.Stale, new[] { 19 })]
    [TestCase(BackfillPartitions.Failed | BackfillPartitions.Stale, new[] { 19, 20 })]
    [TestCase(BackfillPartitions.All, new[] { 18, 19, 20, 21, 22 })]
    public async Task The_latest_run_of_a_partition_decides_whether_it_is_run(BackfillPartitions partitions, int[] expected)
    {
        // Partitions that start at 18 and 19 succeed, the latter with an older graph; 20 fails, and 23 is left running.
        await BackAsync(Know(Older), 19, 19, succeeds: true);
        Pipelines pipelines = Know(Define);
        await BackAsync(pipelines, 18, 18, succeeds: true);
        await BackAsync(pipelines, 20, 20, succeeds: false);
        await BackAsync(pipelines, 23, 23, succeeds: null);
        long[] before = [.. (await pipelines.ListRunsAsync("test")).Select(static run => run.Id)];

        await pipelines.BackfillAsync("hourly", Monday.AddHours(-6), Monday, new BackfillOptions { Partitions = partitions, MaximumActive = 100 });
        await Scheduler(pipelines).FollowAsync(Hourly, default);

        Assert.That(
            (await pipelines.ListRunsAsync("test")).Where(run => !before.Contains(run.Id)).Select(static run => run.GetParameters<int>()).Reverse(), Is.EqualTo(expected));
    }

    [TestCase(BackfillPartitions.Missing, new[] { 21, 22 })]
    [TestCase(BackfillPartitions.Failed, new[] { 20 })]
    [TestCase(BackfillPartitions.Stale, new[] { 19 })]
    public async Task What_became_of_a_partition_is_known_after_its_run_was_removed(BackfillPartitions partitions, int[] expected)
    {
        await BackAsync(Know(Older), 19, 19, succeeds: true);
        Pipelines pipelines = Know(Define);
        await BackAsync(pipelines, 18, 18, succeeds: true);
        await BackAsync(pipelines, 20, 20, succeeds: false);
        await BackAsync(pipelines, 23, 23, succeeds: null);
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(3));

        await pipelines.BackfillAsync("hourly", Monday.AddHours(-6), Monday, new BackfillOptions { Partitions = partitions, MaximumActive = 100 });
        await Scheduler(pipelines).FollowAsync(Hourly, default);

        Assert.That(
            (await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()).Where(static hour => hour != 23).Reverse(), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_backfill_and_its_schedule_go_on_while_their_runs_are_removed()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        var scheduler = new PipelineScheduler(pipelines, [Hourly], timeProvider: time);
        await scheduler.FollowAsync(Hourly, default);
        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(-5), Monday, new BackfillOptions { MaximumActive = 2 });
        List<int> ended = [];
        while ((await pipelines.FindBackfillAsync(backfill.Id))!.State == BackfillState.Running)
        {
            await scheduler.FollowAsync(Hourly, default);
            if (await pipelines.ListRunsAsync("test") is [.., var first])
            {
                ended.Add(first.GetParameters<int>());
                await pipelines.CancelAsync(first.Id, "over");
                Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));
            }
        }

        Assert.That(ended, Is.EqualTo((int[])[19, 20, 21, 22, 23]));
        Assert.That((await pipelines.FindBackfillAsync(backfill.Id))!.Started, Is.EqualTo(5));

        // What is due next is due once as well, whatever was removed.
        time.Advance(TimeSpan.FromHours(1));
        await scheduler.FollowAsync(Hourly, default);
        await pipelines.CancelAsync((await pipelines.ListRunsAsync("test")).Single().Id, "over");
        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(1));
        await scheduler.FollowAsync(Hourly, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);
        Assert.That(await CountPartitionsAsync(), Is.EqualTo(6));
    }

    [Test]
    public async Task A_hundred_thousand_partitions_cost_one_row_and_the_runs_that_are_under_way()
    {
        Pipelines pipelines = Know(Define);
        PipelineScheduler scheduler = Scheduler(pipelines);
        await scheduler.FollowAsync(Hourly, default);

        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(-100_000), Monday, new BackfillOptions { MaximumActive = 5 });
        for (int look = 0; look < 3; look++)
        {
            await scheduler.FollowAsync(Hourly, default);
        }

        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(5));
        Assert.That((await pipelines.FindBackfillAsync(backfill.Id))!.Started, Is.EqualTo(5));

        // Nothing of it is wanted: whole looks of partitions are passed at once.
        await pipelines.CancelBackfillAsync(backfill.Id);
        BackfillStatus failed = await pipelines.BackfillAsync("hourly", Monday.AddHours(-100_000), Monday, new BackfillOptions { Partitions = BackfillPartitions.Failed });
        int looks = 0;
        while ((await pipelines.FindBackfillAsync(failed.Id))!.State == BackfillState.Running)
        {
            await scheduler.FollowAsync(Hourly, default);
            looks++;
        }

        Assert.That(looks, Is.EqualTo(101), "100 000 partitions, 1 000 at a time, and the end");
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(5));
    }

    [Test]
    public async Task A_backfill_can_be_paused_resumed_cancelled_and_repeated_without_effect()
    {
        Pipelines pipelines = Know(Define);
        PipelineScheduler scheduler = Scheduler(pipelines);
        await scheduler.FollowAsync(Hourly, default);
        var options = new BackfillOptions { MaximumActive = 1, IdempotencyKey = "march" };
        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(-3), Monday, options);
        Assert.That((await pipelines.BackfillAsync("hourly", Monday.AddHours(-9), Monday, options)).Id, Is.EqualTo(backfill.Id));

        Assert.That(await pipelines.PauseBackfillAsync(backfill.Id), Is.True);
        Assert.That(await pipelines.PauseBackfillAsync(backfill.Id), Is.False);
        await scheduler.FollowAsync(Hourly, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);

        Assert.That(await pipelines.ResumeBackfillAsync(backfill.Id), Is.True);
        await scheduler.FollowAsync(Hourly, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(1));

        Assert.That(await pipelines.CancelBackfillAsync(backfill.Id), Is.True);
        Assert.That(await pipelines.CancelBackfillAsync(backfill.Id), Is.False);
        await pipelines.CancelAsync((await pipelines.ListRunsAsync("test")).Single().Id, "over");
        await scheduler.FollowAsync(Hourly, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(1));
        Assert.That(await pipelines.FindBackfillAsync(12_345), Is.Null);
    }

    [Test]
    public async Task Runs_of_the_schedule_itself_count_as_partitions_that_are_there()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        var scheduler = new PipelineScheduler(pipelines, [Hourly], timeProvider: time);
        await scheduler.FollowAsync(Hourly, default);
        time.Advance(TimeSpan.FromHours(1));
        await scheduler.FollowAsync(Hourly, default);
        PipelineRun punctual = (await pipelines.ListRunsAsync("test")).Single();
        Assert.That(punctual.Partition, Is.EqualTo(new DataInterval(Monday, Monday.AddHours(1))));

        await pipelines.BackfillAsync("hourly", Monday.AddHours(-1), Monday.AddHours(1), new BackfillOptions { MaximumActive = 10 });
        await scheduler.FollowAsync(Hourly, default);

        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[23, 0]));
    }

    [Test]
    public async Task A_rerun_is_the_latest_run_of_its_partition_also_when_it_was_removed()
    {
        Pipelines pipelines = Know(Define);
        await BackAsync(pipelines, 20, 20, succeeds: false);
        PipelineRun failed = (await pipelines.ListRunsAsync("test")).Single();
        PipelineRun rerun = await pipelines.RerunAsync(failed.Id);
        await using (StartWorker(pipelines))
        {
            rerun = (await FinishAsync(pipelines, rerun.Id)).EnsureSucceeded();
        }

        Assert.That(rerun.Partition, Is.EqualTo(failed.Partition));
        await BackfillAsync();
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(2));

        Assert.That(await pipelines.PurgeAsync(TimeSpan.Zero), Is.EqualTo(2));
        await BackfillAsync();
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);

        async Task BackfillAsync()
        {
            await pipelines.BackfillAsync("hourly", Monday.AddHours(-4), Monday.AddHours(-3), new BackfillOptions { Partitions = BackfillPartitions.Missing | BackfillPartitions.Failed });
            await Scheduler(pipelines).FollowAsync(Hourly, default);
        }
    }

    [Test]
    public async Task A_schedule_of_this_process_can_be_backfilled_before_it_is_followed()
    {
        Pipelines pipelines = Know(Define);
        PipelineScheduler scheduler = Scheduler(pipelines);

        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(-2), Monday);
        await scheduler.FollowAsync(Hourly, default);

        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[23, 22]));
        Assert.That((await pipelines.FindBackfillAsync(backfill.Id))!.Started, Is.EqualTo(2));
    }

    [Test]
    public async Task Unusable_backfills_are_refused()
    {
        Pipelines pipelines = Know(Define);
        await Assert.ThatAsync(() => pipelines.BackfillAsync("hourly", Monday, Monday.AddHours(1)), Throws.ArgumentException.With.Property("ParamName").EqualTo("schedule"));
        await Scheduler(pipelines).FollowAsync(Hourly, default);
        await Assert.ThatAsync(() => pipelines.BackfillAsync("hourly", Monday, Monday), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("to"));
        foreach (BackfillOptions options in (BackfillOptions[])[new() { MaximumActive = 0 }, new() { Partitions = BackfillPartitions.None }, new() { Partitions = (BackfillPartitions)64 }, new() { IdempotencyKey = "" }])
        {
            await Assert.ThatAsync(() => pipelines.BackfillAsync("hourly", Monday, Monday.AddHours(1), options), Throws.ArgumentException.With.Property("ParamName").EqualTo("options"));
        }
    }

    private async Task<long> CountPartitionsAsync() => (await Database.QueryAsync(
        "SELECT count(*) FROM orchestration_partition", static row => row.GetInt64(0), CancellationToken.None)).Single();

    /// <summary>Runs the partitions that start at these hours of the day before, and ends the runs as said; null leaves them open.</summary>
    private static async Task BackAsync(Pipelines pipelines, int firstHour, int lastHour, bool? succeeds)
    {
        PipelineScheduler scheduler = Scheduler(pipelines);
        await scheduler.FollowAsync(Hourly, default);
        BackfillStatus backfill = await pipelines.BackfillAsync("hourly", Monday.AddHours(firstHour - 24), Monday.AddHours(lastHour - 23), new BackfillOptions { MaximumActive = 10 });
        await scheduler.FollowAsync(Hourly, default);
        foreach (PipelineRun run in (await pipelines.ListRunsAsync("test")).Where(run => !run.IsOver && run.Partition!.Value.Start >= backfill.Range.Start && run.Partition.Value.End <= backfill.Range.End))
        {
            if (succeeds == true)
            {
                await using var worker = new PipelineWorker(pipelines, Quick());
                worker.Start();
                await FinishAsync(pipelines, run.Id);
            }
            else if (succeeds == false)
            {
                await pipelines.CancelAsync(run.Id, "fails");
            }
        }

        await pipelines.CancelBackfillAsync(backfill.Id);
    }

    private static PipelineSchedule Hourly { get; } = PipelineSchedule.For<TestPipeline, int>("hourly", "0 * * * *", static interval => interval.Start.Hour);

    private static PipelineScheduler Scheduler(Pipelines pipelines) => new(pipelines, [Hourly], timeProvider: new FakeTimeProvider(Monday));

    private static void Define(PipelineBuilder<int> p) => p.Step("a", static ctx => Task.FromResult(ctx.Parameters));

    private static void Older(PipelineBuilder<int> p) => p.Step("older", static ctx => Task.FromResult(ctx.Parameters));
}
