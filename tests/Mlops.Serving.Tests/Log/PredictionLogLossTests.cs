#pragma warning disable MLOPS002

using CsCheck;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Serving.Tests;

public sealed class PredictionLogLossTests
{
    private static readonly ServedVersion Version = new(1, new string('a', 64), default, PredictionLogTests.Signature);

    /// <summary>Bursts of any length, and as much as a store takes after each.</summary>
    [Test]
    public void Kept_and_dropped_are_all_predictions_and_nothing_that_fits_is_lost() =>
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 400]).Array[1, 12].Sample(static bursts =>
        {
            const int Capacity = 256;
            var ring = new LogRing(Capacity, maximumFeatures: 1, maximumOutputs: 1);
            var columns = new LogColumns(["lag"], [0]);
            List<float> expected = [], stored = [];
            int sent = 0, waiting = 0, dropped = 0;
            foreach ((int burst, int taken) in bursts)
            {
                for (int i = 0; i < burst; i++, sent++)
                {
                    bool fits = waiting < Capacity;
                    int added = ring.Add(PredictionLogTests.Record(Version, PredictionId.Next(), sent), columns);
                    waiting += fits ? 1 : 0;
                    dropped += fits ? 0 : 1;
                    if (fits)
                        expected.Add(sent);
                    Assert.That(added, Is.EqualTo(fits ? waiting : 0));
                }

                int count = Math.Min(taken, waiting);
                ring.Read(count, (in entry, features, outputs) => stored.Add(features[0] == outputs[0] && entry.Columns == columns ? outputs[0] : float.NaN));
                ring.Remove(count);
                waiting -= count;
                Assert.That(ring.Counts, Is.EqualTo(((long)sent - dropped, (long)stored.Count, (long)dropped)));
            }

            Assert.That(stored, Is.EqualTo(expected.Take(stored.Count)));
            Assert.That(stored.Count + waiting, Is.EqualTo(expected.Count));
        });

    [Test]
    public async Task Many_threads_lose_nothing_below_the_bound()
    {
        const int Threads = 8, Each = 8_000;
        var store = new FailingStore();
        await using var log = new PredictionLog(new PredictionLogOptions { Capacity = Threads * Each }, store);
        PredictionId[] ids = [.. Enumerable.Range(0, Threads * Each).Select(static _ => PredictionId.Next())];

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
                log.OnPrediction(PredictionLogTests.Record(Version, ids[(thread * Each) + i], i));
        })));
        await log.FlushAsync();

        Assert.That((log.Counts.Kept, log.Counts.Stored, log.Counts.Dropped), Is.EqualTo(((long)Threads * Each, (long)Threads * Each, 0L)));
        Assert.That(store.Written.Select(static p => p.Id).Order(), Is.EqualTo(ids));
        Assert.That(store.Written, Has.All.Matches<LoggedPrediction>(p => p!.Outputs[0] == Array.BinarySearch(ids, p.Id) % Each), "the numbers are those of their prediction");
        Assert.That(store.Batches, Has.All.LessThanOrEqualTo(512));
    }

    [Test]
    public async Task Many_threads_above_the_bound_are_counted_to_the_last()
    {
        const int Threads = 4, Each = 20_000;
        var store = new FailingStore();
        await using var log = new PredictionLog(new PredictionLogOptions { Capacity = 256 }, store);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
                log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), i));
        })));
        await log.FlushAsync();

        PredictionLogCounts counts = log.Counts;
        Assert.That(counts.Kept + counts.Dropped, Is.EqualTo(Threads * Each));
        Assert.That((counts.Stored, store.Written.Count, counts.Waiting), Is.EqualTo((counts.Kept, (int)counts.Kept, 0L)));
        Assert.That(store.Written.DistinctBy(static p => p.Id).Count(), Is.EqualTo(store.Written.Count));
    }

    [Test]
    public async Task Outcomes_above_the_bound_are_counted()
    {
        var store = new FailingStore { Failure = new IOException("away") };
        await using var log = new PredictionLog(new PredictionLogOptions { Capacity = 256 }, store, new FakeTimeProvider());
        for (int i = 0; i < 300; i++)
            log.OnOutcome(new PredictionOutcome { Model = "m", Id = PredictionId.Next(), Value = 1, Timestamp = default });
        Assert.That(async () => await log.FlushAsync(), Throws.InstanceOf<IOException>());
        Assert.That((log.Counts.OutcomesKept, log.Counts.OutcomesDropped, log.Counts.OutcomesStored), Is.EqualTo((256L, 44L, 0L)));

        store.Failure = null;
        await log.FlushAsync();

        Assert.That(log.Counts.OutcomesStored, Is.EqualTo(256), "those of the write that failed are written too");
    }

    [Test]
    public async Task Outcomes_whose_sender_waits_are_all_stored_however_many_come_at_once()
    {
        const int Outcomes = 2_000, Senders = 4;
        var store = new FailingStore { BeforeWrite = static () => Task.Delay(1) };
        await using var log = new PredictionLog(new PredictionLogOptions { Capacity = 256, OutcomeTimeout = TimeSpan.FromMinutes(1) }, store, new FakeTimeProvider());

        bool[][] taken = await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
        {
            bool[] taken = new bool[Outcomes];
            for (int i = 0; i < Outcomes; i++)
                taken[i] = await log.OnOutcomeAsync(Outcome(), default);
            return taken;
        })));
        await log.FlushAsync();

        Assert.That(taken.SelectMany(static one => one), Is.All.True);
        Assert.That((log.Counts.OutcomesStored, log.Counts.OutcomesDropped), Is.EqualTo((Outcomes * Senders, 0L)));
    }

    [Test]
    public async Task An_outcome_that_finds_no_room_in_its_time_is_refused_and_counted()
    {
        var time = new FakeTimeProvider();
        var isWriting = new TaskCompletionSource();
        var options = new PredictionLogOptions { Capacity = 256, OutcomeTimeout = TimeSpan.FromSeconds(3), DrainTimeout = TimeSpan.Zero };
        await using var log = new PredictionLog(options, Hanging(isWriting), time);
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));
        time.Advance(TimeSpan.FromSeconds(1));
        await isWriting.Task;
        List<Task<bool>> all = [];
        while (all.Count == 0 || all[^1].IsCompleted)
            all.Add(log.OnOutcomeAsync(Outcome(), default).AsTask());
        using var leaving = new CancellationTokenSource();
        Task<bool> left = log.OnOutcomeAsync(Outcome(), leaving.Token).AsTask();
        await leaving.CancelAsync();
        Assert.That(async () => await left, Throws.InstanceOf<OperationCanceledException>());

        time.Advance(TimeSpan.FromSeconds(3));

        Assert.That(await all[^1], Is.False);
        Assert.That(all.SkipLast(1).Select(static task => task.Result), Is.All.True);
        Assert.That((log.Counts.OutcomesKept, log.Counts.OutcomesDropped), Is.EqualTo((256L, 1L)));
    }

    [Test]
    public async Task A_flush_that_waits_behind_a_store_which_hangs_ends_with_the_log()
    {
        var time = new FakeTimeProvider();
        var isWriting = new TaskCompletionSource();
        var log = new PredictionLog(new PredictionLogOptions { DrainTimeout = TimeSpan.FromSeconds(10) }, Hanging(isWriting), time);
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));
        time.Advance(TimeSpan.FromSeconds(1));
        await isWriting.Task;
        Task flush = log.FlushAsync();
        Task disposal = log.DisposeAsync().AsTask();

        time.Advance(TimeSpan.FromSeconds(10));

        await disposal;
        Assert.That(async () => await flush.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Flushes_beside_disposal_end_one_way_or_the_other()
    {
        for (int round = 0; round < 200; round++)
        {
            var log = new PredictionLog(new PredictionLogOptions(), new FailingStore { BeforeWrite = static async () => await Task.Yield() }, new FakeTimeProvider());
            log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));
            Task[] flushes = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => log.FlushAsync()))];

            await Task.Run(async () => await log.DisposeAsync());

            await Task.WhenAll(flushes).WaitAsync(TimeSpan.FromMinutes(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Assert.That(flushes.Select(static flush => flush.Exception?.InnerException), Is.All.Null.Or.InstanceOf<ObjectDisposedException>());
            Assert.That((log.Counts.Stored, flushes.All(static flush => flush.IsCompleted)), Is.EqualTo((1L, true)));
        }
    }

    [Test]
    public async Task A_store_that_fails_is_tried_again_at_every_interval_and_logged_once()
    {
        var time = new FakeTimeProvider();
        var logs = new FakeLogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logs)));
        var store = new FailingStore { Failure = new IOException("away") };
        await using var log = new PredictionLog(new PredictionLogOptions { FlushInterval = TimeSpan.FromSeconds(1) }, store, time, factory);
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));

        for (int i = 1; i <= 3; i++)
        {
            int tries = i;
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.That(() => log.Counts.Failures, Is.EqualTo(tries).After(20_000, 5));
        }

        store.Failure = null;
        Assert.That(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return log.Counts.Stored;
            },
            Is.EqualTo(1).After(20_000, 5));
        Assert.That(() => logs.GetSnapshot().Select(static record => record.Id.Id), Is.EqualTo(new[] { 5030, 5031 }).After(20_000, 5));
    }

    [Test]
    public async Task Disposal_stores_what_waits_and_takes_in_no_more()
    {
        var store = new FailingStore();
        var log = new PredictionLog(new PredictionLogOptions(), store, new FakeTimeProvider());
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));

        await log.DisposeAsync();
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 2));
        log.OnOutcome(new PredictionOutcome { Model = "m", Id = PredictionId.Next(), Value = 1, Timestamp = default });

        Assert.That(store.Written.Select(static p => p.Outputs[0]), Is.EqualTo(new[] { 1f }));
        Assert.That((log.Counts.Stored, log.Counts.Dropped, log.Counts.OutcomesDropped), Is.EqualTo((1L, 1L, 1L)));
        Assert.That(async () => await log.FlushAsync(), Throws.InstanceOf<ObjectDisposedException>());
        await log.DisposeAsync();
    }

    [Test]
    public async Task What_disposal_cannot_store_is_logged_with_its_number()
    {
        var logs = new FakeLogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(new FakeLoggerProvider(logs)));
        var log = new PredictionLog(new PredictionLogOptions(), new FailingStore { Failure = new IOException("away") }, new FakeTimeProvider(), factory);
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 1));
        log.OnPrediction(PredictionLogTests.Record(Version, PredictionId.Next(), 2));

        await log.DisposeAsync();

        Assert.That(logs.GetSnapshot().Single(static record => record.Id.Id == 5033).Message, Does.StartWith("2 predictions"));
    }

    [Test]
    public async Task Taking_in_a_prediction_allocates_nothing()
    {
        await using var log = new PredictionLog(new PredictionLogOptions { Features = { "0" }, Capacity = 1 << 16 }, new FailingStore(), new FakeTimeProvider());
        var id = PredictionId.Next();
        float[] row = [1, 2, 3];
        Take(log, id, row, 2_000);

        Assert.That(Take(log, id, row, 10_000), Is.LessThan(10_000), "not a byte for each: only the pool's queue grows now and then");

        static long Take(PredictionLog log, PredictionId id, float[] row, int count)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < count; i++)
            {
                log.OnPrediction(new PredictionRecord
                {
                    Model = "m",
                    Id = id,
                    Version = Version,
                    Variant = "live",
                    Propensity = 1,
                    RoutingKey = "ada",
                    Timestamp = default,
                    Duration = default,
                    Features = row,
                    Outputs = row,
                });
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static FailingStore Hanging(TaskCompletionSource isWriting) => new()
    {
        BeforeWrite = () =>
        {
            isWriting.TrySetResult();
            return Task.Delay(Timeout.Infinite);
        },
    };

    private static PredictionOutcome Outcome() => new() { Model = "m", Id = PredictionId.Next(), Value = 1, Timestamp = default };
}
