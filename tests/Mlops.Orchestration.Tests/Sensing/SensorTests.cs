using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Orchestration.Tests;

public abstract class SensorTests : StoreTests
{
    private static readonly DateTimeOffset Monday = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Test]
    public async Task An_event_starts_one_run_whatever_the_number_of_schedulers_and_looks()
    {
        int looks = 0;
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);

        // A source that always shows all it has, as a folder does.
        PipelineSensor sensor = Sensor((_, _) => Task.FromResult(new SensorReading<int>([.. Enumerable.Range(1, Interlocked.Increment(ref looks)).Select(static i => new SensorEvent<int>($"file-{i}", i))])));
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 6).Select(_ => new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [sensor]))];
        for (int minute = 0; minute < 3; minute++)
        {
            await Task.WhenAll(schedulers.Select(scheduler => Task.Run(() => scheduler.FollowAsync(sensor, default))));
            Assert.That(looks, Is.EqualTo(minute + 1), "one look per interval");
            time.Advance(Minute);
        }

        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[3, 2, 1]));
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.IdempotencyKey), Has.All.StartWith("sensor/files/file-"));
    }

    [Test]
    public async Task A_look_begins_where_the_one_before_ended_also_in_another_process()
    {
        List<string?> cursors = [];
        var time = new FakeTimeProvider(Monday);
        PipelineSensor sensor = Sensor((cursor, _) =>
        {
            cursors.Add(cursor);
            int next = cursor is null ? 1 : int.Parse(cursor, System.Globalization.CultureInfo.InvariantCulture) + 1;
            return Task.FromResult(new SensorReading<int>([new($"{next}", next)], next == 3 ? null : $"{next}"));
        });
        for (int minute = 0; minute < 4; minute++)
        {
            await new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [sensor]).FollowAsync(sensor, default);
            time.Advance(Minute);
        }

        Assert.That(cursors, Is.EqualTo((string?[])[null, "1", "2", "2"]), "without a new cursor the old one stands");
        Assert.That((await Know(Define).ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[3, 2, 1]));
    }

    [Test]
    public async Task A_look_that_dies_before_all_runs_are_stored_is_repeated_from_the_same_cursor()
    {
        bool dies = true;
        List<string?> cursors = [];
        var time = new FakeTimeProvider(Monday);
        Pipelines pipelines = Know(Define);
        PipelineSensor sensor = Sensor((cursor, _) =>
        {
            cursors.Add(cursor);
            return Task.FromResult(new SensorReading<int>([new("a", 1), new("b", 2)], "end"));
        });
        int starts = 0;
        pipelines.Reached = point =>
        {
            if (point == ExecutionPoint.BeforeStart && ++starts == 2 && dies)
            {
                throw new InvalidOperationException("killed");
            }
        };
        var scheduler = new PipelineScheduler(pipelines, [], timeProvider: time, sensors: [sensor]);
        await Assert.ThatAsync(() => scheduler.FollowAsync(sensor, default), Throws.InvalidOperationException);
        Assert.That(await pipelines.ListRunsAsync("test"), Has.Count.EqualTo(1));

        dies = false;
        time.Advance(Minute);
        await scheduler.FollowAsync(sensor, default);
        time.Advance(Minute);
        await scheduler.FollowAsync(sensor, default);

        Assert.That(cursors, Is.EqualTo((string?[])[null, null, "end"]));
        Assert.That((await pipelines.ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[2, 1]));
    }

    [Test]
    public async Task Events_with_long_keys_are_told_apart_and_start_one_run_each()
    {
        var time = new FakeTimeProvider(Monday);
        string[] keys = [new('x', 63), new('x', 64), "s3://rides/" + new string('y', 1_900) + "/1", "s3://rides/" + new string('y', 1_900) + "/2"];
        PipelineSensor sensor = PipelineSensor.For<TestPipeline, int>(
            new string('s', 128), Minute, (_, _) => Task.FromResult(new SensorReading<int>([.. keys.Select(static (key, i) => new SensorEvent<int>(key, i))])));
        var scheduler = new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [sensor]);
        await scheduler.FollowAsync(sensor, default);
        time.Advance(Minute);
        await scheduler.FollowAsync(sensor, default);

        Assert.That((await Know(Define).ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[3, 2, 1, 0]));
    }

    [Test]
    public async Task An_event_that_looks_different_the_next_time_starts_nothing_and_holds_up_nothing()
    {
        int looks = 0;
        var time = new FakeTimeProvider(Monday);
        PipelineSensor sensor = Sensor((_, _) => Task.FromResult(new SensorReading<int>([new("a", ++looks), new($"b{looks}", 7)])));
        var scheduler = new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [sensor]);
        await scheduler.FollowAsync(sensor, default);
        time.Advance(Minute);
        await scheduler.FollowAsync(sensor, default);

        Assert.That((await Know(Define).ListRunsAsync("test")).Select(static run => run.GetParameters<int>()), Is.EqualTo((int[])[7, 7, 1]));
    }

    [Test]
    public async Task A_sensor_that_throws_is_logged_and_holds_up_no_other()
    {
        var log = new FakeLogger<PipelineScheduler>();
        Pipelines pipelines = Know(Define);
        PipelineSensor bad = PipelineSensor.For<TestPipeline, int>("bad", TimeSpan.FromSeconds(1), static (_, _) => throw new InvalidOperationException("source is away"));
        PipelineSensor good = Sensor(static (_, _) => Task.FromResult(new SensorReading<int>([new("x", 7)])));
        await using var scheduler = new PipelineScheduler(pipelines, [], log, sensors: [bad, good]);
        scheduler.Start();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await pipelines.ListRunsAsync("test")).Count == 0 || !log.Collector.GetSnapshot().Any(static record => record.Exception?.Message == "source is away"))
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.That((await pipelines.ListRunsAsync("test")).Single().GetParameters<int>(), Is.EqualTo(7));
    }

    [Test]
    public async Task A_look_that_throws_is_repeated_long_before_its_interval_is_over()
    {
        int looks = 0;
        var time = new FakeTimeProvider(Monday);
        PipelineSensor daily = PipelineSensor.For<TestPipeline, int>("daily", TimeSpan.FromDays(1), (_, _) => ++looks < 3
            ? throw new InvalidOperationException("source is away")
            : Task.FromResult(new SensorReading<int>([new("x", 7)])));
        PipelineScheduler[] schedulers = [.. Enumerable.Range(0, 2).Select(_ => new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [daily]))];

        for (int second = 0; second < 600; second += 10)
        {
            foreach (PipelineScheduler scheduler in schedulers)
            {
                try
                {
                    await scheduler.FollowAsync(daily, default);
                }
                catch (InvalidOperationException)
                {
                    // The source is away.
                }
            }

            Assert.That(looks, Is.EqualTo(second < 30 ? 1 : second < 60 ? 2 : 3));
            time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.That(await Know(Define).ListRunsAsync("test"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Unusable_sensors_and_readings_are_refused()
    {
        Assert.That(() => PipelineSensor.For<TestPipeline, int>("a/b", Minute, static (_, _) => null!), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        Assert.That(() => PipelineSensor.For<TestPipeline, int>("a", TimeSpan.Zero, static (_, _) => null!), Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("interval"));
        PipelineSensor sensor = Sensor(static (_, _) => Task.FromResult(new SensorReading<int>([])));
        Assert.That(() => new PipelineScheduler(Know(Define), [], sensors: [sensor, sensor]), Throws.ArgumentException.With.Property("ParamName").EqualTo("sensors"));
        Assert.That(() => new PipelineScheduler(new Pipelines(Database, []), [], sensors: [sensor]), Throws.InvalidOperationException);

        var time = new FakeTimeProvider(Monday);
        SensorReading<int>[] readings =
        [
            new([new("", 1)]), new([new(new string('x', 2_001), 1)]), new([new("a\0", 1)]), new([], new string('x', 2_001)),
            new([.. Enumerable.Range(0, 1_001).Select(static i => new SensorEvent<int>($"{i}", i))]),
        ];
        foreach (SensorReading<int> reading in readings)
        {
            PipelineSensor broken = Sensor((_, _) => Task.FromResult(reading));
            var scheduler = new PipelineScheduler(Know(Define), [], timeProvider: time, sensors: [broken]);
            await Assert.ThatAsync(() => scheduler.FollowAsync(broken, default), Throws.TypeOf<PipelineException>().With.Message.Contains("'files'"));
            time.Advance(Minute);
        }

        Assert.That(await Know(Define).ListRunsAsync("test"), Is.Empty);
    }

    private static void Define(PipelineBuilder<int> p) => p.Step("a", static ctx => Task.FromResult(ctx.Parameters));

    private static PipelineSensor Sensor(Func<string?, CancellationToken, Task<SensorReading<int>>> look) => PipelineSensor.For<TestPipeline, int>("files", Minute, look);
}
