using Microsoft.Extensions.Time.Testing;

namespace Mlops.Orchestration.Tests;

public abstract class ScheduleTests : StoreTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task A_due_time_starts_one_run_whatever_the_number_of_schedulers()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { Overlap = OverlapPolicy.Parallel });
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 8).Select(_ => new PipelineScheduler(Know(Define), [schedule], timeProvider: time))];
        await FollowAllAsync();
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty, "a schedule begins with what comes after it");

        for (int day = 0; day < 3; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await FollowAllAsync();
        }

        IReadOnlyList<PipelineRun> runs = await pipelines.ListRunsAsync("test");
        Assert.That(runs.Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[304, 303, 302]), "month and day of each interval's start");
        Assert.That(runs.Select(static run => run.Schedule), Has.All.EqualTo("nightly"));

        Task FollowAllAsync() => Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.FollowAsync(schedule, default))));
    }

    [TestCase("none", new int[0])]
    [TestCase("last", new[] { 311 })]
    [TestCase("all 3", new[] { 309, 310, 311 })]
    [TestCase("all 100", new[] { 302, 303, 304, 305, 306, 307, 308, 309, 310, 311 })]
    [TestCase("within 40 h", new[] { 310, 311 })]
    public async Task What_was_missed_is_caught_up_with_as_the_schedule_says(string way, int[] expected)
    {
        CatchUp catchUp = way switch
        {
            "none" => CatchUp.None,
            "last" => CatchUp.LastOnly,
            "all 3" => CatchUp.All(3),
            "all 100" => CatchUp.All(100),
            _ => CatchUp.Within(TimeSpan.FromHours(40)),
        };
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { CatchUp = catchUp, Overlap = OverlapPolicy.Parallel });
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);

        time.Advance(TimeSpan.FromDays(10) + TimeSpan.FromHours(1));
        await scheduler.FollowAsync(schedule, default);
        await scheduler.FollowAsync(schedule, default);
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()).Reverse(), Is.EqualTo(expected));

        // What was passed over never comes back, and what follows is punctual.
        time.Advance(TimeSpan.FromHours(23) + TimeSpan.FromMinutes(2));
        await scheduler.FollowAsync(schedule, default);
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()).Reverse(), Is.EqualTo((int[])[.. expected, 312]));
    }

    [TestCase(OverlapPolicy.Skip, new[] { PipelineRunState.Running })]
    [TestCase(OverlapPolicy.Parallel, new[] { PipelineRunState.Running, PipelineRunState.Running })]
    [TestCase(OverlapPolicy.CancelPrevious, new[] { PipelineRunState.Cancelled, PipelineRunState.Running })]
    public async Task A_run_that_is_not_over_meets_the_next_as_the_schedule_says(OverlapPolicy overlap, PipelineRunState[] expected)
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { Overlap = overlap });
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);
        await StartAsync(pipelines);
        for (int day = 0; day < 2; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await scheduler.FollowAsync(schedule, default);
        }

        IReadOnlyList<PipelineRun> runs = [.. (await pipelines.ListRunsAsync("test")).Reverse().Skip(1)];
        Assert.That(runs.Select(static run => run.State), Is.EqualTo(expected));
    }

    [TestCase("last", new[] { 302, 305 })]
    [TestCase("all", new[] { 302, 303, 304, 305 })]
    public async Task A_run_that_waits_for_the_one_before_starts_when_that_is_over(string way, int[] expected)
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { Overlap = OverlapPolicy.Queue, CatchUp = way == "last" ? CatchUp.LastOnly : CatchUp.All(100) });
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 4).Select(_ => new PipelineScheduler(Know(Define), [schedule], timeProvider: time))];
        await FollowAllAsync();
        for (int day = 0; day < 4; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await FollowAllAsync();
        }

        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[302]), "the first is not over");
        List<int> started = [];
        while ((await pipelines.ListRunsAsync("test")).FirstOrDefault(static run => !run.IsOver) is { } open)
        {
            started.Add(open.GetParameters<int>());
            await pipelines.CancelAsync(open.Id, "over");
            await FollowAllAsync();
            Assert.That((await pipelines.ListRunsAsync("test")).Count(static run => !run.IsOver), Is.LessThanOrEqualTo(1));
        }

        Assert.That(started, Is.EqualTo(expected));

        Task FollowAllAsync() => Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.FollowAsync(schedule, default))));
    }

    [TestCase("all 3", 2, new[] { 308, 309, 310, 311 })]
    [TestCase("within 60 h", 2, new[] { 309, 310, 311 })]
    [TestCase("all 3", 60, new[] { 309, 310, 311 })]
    public async Task With_Skip_what_is_late_together_is_started_one_after_the_other(string way, int minutesLate, int[] expected)
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { CatchUp = way == "all 3" ? CatchUp.All(3) : CatchUp.Within(TimeSpan.FromHours(60)) });
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 3).Select(_ => new PipelineScheduler(Know(Define), [schedule], timeProvider: time))];
        await FollowAllAsync();
        time.Advance(TimeSpan.FromDays(10) + TimeSpan.FromMinutes(minutesLate));
        await FollowAllAsync();

        List<int> started = [];
        while ((await pipelines.ListRunsAsync("test")).SingleOrDefault(static run => !run.IsOver) is { } open)
        {
            started.Add(open.GetParameters<int>());
            time.Advance(TimeSpan.FromSeconds(10));
            await FollowAllAsync();
            Assert.That((await pipelines.ListRunsAsync("test")).Count(static run => !run.IsOver), Is.EqualTo(1), "what waits does not start early");
            await pipelines.CancelAsync(open.Id, "over");
            await FollowAllAsync();
        }

        Assert.That(started, Is.EqualTo(expected));

        // From then on a run that becomes due while another runs is passed over again.
        time.Advance(TimeSpan.FromDays(1));
        await FollowAllAsync();
        time.Advance(TimeSpan.FromDays(1));
        await FollowAllAsync();
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()).Reverse(), Is.EqualTo((int[])[.. expected, 312]));

        Task FollowAllAsync() => Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.FollowAsync(schedule, default))));
    }

    [TestCase("all 3", new[] { 309, 311, 312, 313 })]
    [TestCase("within 60 h", new[] { 309, 311, 312, 313 })]
    public async Task What_becomes_due_while_something_waits_is_judged_with_it(string way, int[] expected)
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { CatchUp = way == "all 3" ? CatchUp.All(3) : CatchUp.Within(TimeSpan.FromHours(60)) });
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);
        time.Advance(TimeSpan.FromDays(10) + TimeSpan.FromMinutes(30));
        await scheduler.FollowAsync(schedule, default);

        // Two days go by before the first of three is over.
        for (int day = 0; day < 2; day++)
        {
            time.Advance(TimeSpan.FromDays(1));
            await scheduler.FollowAsync(schedule, default);
        }

        List<int> started = [];
        while ((await pipelines.ListRunsAsync("test")).SingleOrDefault(static run => !run.IsOver) is { } open)
        {
            started.Add(open.GetParameters<int>());
            await pipelines.CancelAsync(open.Id, "over");
            await scheduler.FollowAsync(schedule, default);
        }

        Assert.That(started, Is.EqualTo(expected));
    }

    [Test]
    public async Task The_last_one_that_was_missed_is_not_started_beside_a_punctual_one()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily(new ScheduleOptions { Overlap = OverlapPolicy.Parallel });
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);
        time.Advance(TimeSpan.FromDays(10) + TimeSpan.FromMinutes(2));

        await scheduler.FollowAsync(schedule, default);
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[311]));
    }

    [Test]
    public async Task Two_forms_of_a_schedule_that_are_followed_side_by_side_lose_no_time_of_either()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule[] forms = [Form("0 * * * *"), Form("30 * * * *")];
        PipelineScheduler[] schedulers = [.. forms.Select(form => new PipelineScheduler(Know(Define), [form], timeProvider: time))];
        for (int minute = 0; minute <= 180; minute++)
        {
            await schedulers[0].FollowAsync(forms[0], default);
            await schedulers[1].FollowAsync(forms[1], default);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(
            (await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()).Reverse(), Is.EqualTo((int[])[30, 60, 90, 120, 150, 180]), "minutes since the start, each once");

        static PipelineSchedule Form(string cron) => PipelineSchedule.For<TestPipeline, int>(
            "often", cron, static interval => (int)(interval.End - Monday).TotalMinutes, new ScheduleOptions { Overlap = OverlapPolicy.Parallel, MisfireGrace = TimeSpan.FromMinutes(1) });
    }

    [Test]
    public async Task A_paused_schedule_starts_nothing_and_catches_up_when_it_goes_on()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule schedule = Daily();
        var scheduler = new PipelineScheduler(pipelines, [schedule], timeProvider: time);
        await scheduler.FollowAsync(schedule, default);

        Assert.That(await pipelines.PauseScheduleAsync("nightly"), Is.True);
        Assert.That(await pipelines.PauseScheduleAsync("nightly"), Is.False);
        time.Advance(TimeSpan.FromDays(3));
        await scheduler.FollowAsync(schedule, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);
        ScheduleStatus status = (await pipelines.ListSchedulesAsync()).Single();
        Assert.That((status.Name, status.Pipeline, status.Cron, status.PausedAt is null), Is.EqualTo(("nightly", "test", "0 0 * * *", false)));

        Assert.That(await pipelines.ResumeScheduleAsync("nightly"), Is.True);
        Assert.That(await pipelines.ResumeScheduleAsync("nightly"), Is.False);
        await scheduler.FollowAsync(schedule, default);
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[304]));
    }

    [Test]
    public async Task A_schedule_that_was_changed_begins_anew()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule daily = Daily();
        await new PipelineScheduler(pipelines, [daily], timeProvider: time).FollowAsync(daily, default);

        time.Advance(TimeSpan.FromDays(2) - TimeSpan.FromMinutes(30));
        PipelineSchedule hourly = PipelineSchedule.For<TestPipeline, int>("nightly", "0 * * * *", static interval => interval.Start.Hour);
        var scheduler = new PipelineScheduler(pipelines, [hourly], timeProvider: time);
        await scheduler.FollowAsync(hourly, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);

        time.Advance(TimeSpan.FromMinutes(30));
        await scheduler.FollowAsync(hourly, default);
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[23]));
    }

    [Test]
    public async Task A_schedule_whose_parameters_throw_holds_up_no_other_and_stays_due()
    {
        bool broken = true;
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule bad = PipelineSchedule.For<TestPipeline, int>("bad", "0 0 * * *", _ => broken ? throw new InvalidOperationException() : 1);
        PipelineSchedule good = PipelineSchedule.For<TestPipeline, int>("good", "0 0 * * *", static _ => 2);
        await using var scheduler = new PipelineScheduler(pipelines, [bad, good], timeProvider: time);
        scheduler.Start();
        await SeeRunsAsync(0, schedules: 2);

        time.Advance(TimeSpan.FromDays(1));
        await SeeRunsAsync(1, schedules: 2);
        Assert.That((await pipelines.ListRunsAsync("test")).Single().Schedule, Is.EqualTo("good"));
        broken = false;
        await SeeRunsAsync(2, schedules: 2);

        async Task SeeRunsAsync(int runs, int schedules)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while ((await pipelines.ListRunsAsync("test")).Count < runs || (await pipelines.ListSchedulesAsync()).Count < schedules)
            {
                await Task.Delay(20, limit.Token);
                time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    [Test]
    public async Task What_was_passed_over_does_not_come_back_when_the_schedule_catches_up_in_another_way()
    {
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSchedule forgetful = Daily(new ScheduleOptions { CatchUp = CatchUp.None });
        var scheduler = new PipelineScheduler(pipelines, [forgetful], timeProvider: time);
        await scheduler.FollowAsync(forgetful, default);
        time.Advance(TimeSpan.FromDays(10) + TimeSpan.FromHours(1));
        await scheduler.FollowAsync(forgetful, default);

        PipelineSchedule thorough = Daily(new ScheduleOptions { CatchUp = CatchUp.All(100), Overlap = OverlapPolicy.Parallel });
        await scheduler.FollowAsync(thorough, default);
        Assert.That(await pipelines.ListRunsAsync("test"), Is.Empty);
        time.Advance(TimeSpan.FromDays(2));
        await scheduler.FollowAsync(thorough, default);

        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[313, 312]), "what is missed from then on");
    }

    [Test]
    public void Unusable_schedules_are_refused()
    {
        Refuses(() => Daily("a/b"), "name");
        Refuses(() => PipelineSchedule.For<TestPipeline, int>("a", "every day", static _ => 1), "cron");
        Refuses(() => PipelineSchedule.For<TestPipeline, int>("a", "", static _ => 1), "cron");
        Refuses(() => Daily(options: new ScheduleOptions { TimeZone = "Mars/Olympus" }), "options");
        Refuses(() => Daily(options: new ScheduleOptions { MisfireGrace = TimeSpan.FromDays(2) }), "options");
        Refuses(() => Daily(options: new ScheduleOptions { Overlap = (OverlapPolicy)9 }), "options");
        Refuses(() => CatchUp.All(0), "maximum");
        Refuses(() => CatchUp.Within(TimeSpan.Zero), "age");
        Refuses(() => _ = new PipelineScheduler(Know(Define), [Daily(), Daily()]), "schedules");
        Assert.That(() => new PipelineScheduler(new Pipelines(Database, []), [Daily()]), Throws.InvalidOperationException);

        static void Refuses(Action action, string parameter) =>
            Assert.That(() => action(), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(parameter));
    }

    private static void Define(PipelineBuilder<int> p) => p.Step("a", static ctx => Task.FromResult(ctx.Parameters));

    private static PipelineSchedule Daily(ScheduleOptions? options) => Daily("nightly", options);

    private static PipelineSchedule Daily(string name = "nightly", ScheduleOptions? options = null) =>
        PipelineSchedule.For<TestPipeline, int>(name, "0 0 * * *", static interval => (interval.Start.Month * 100) + interval.Start.Day, options);
}
