using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>What becomes of what the store will not take, now or ever. A store quotes a secret in every refusal, as servers do.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RefusedBatchTests
{
    private const string Secret = "hunter2";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly ScriptedStore _store = new();
    private readonly FakeLogger _logger = new();
    private ServiceProvider _services = null!;
    private string _folder = "";

    private string JournalFolder => Path.Combine(_folder, "journal");

    private string RefusedFolder => Path.Combine(JournalFolder, "refused");

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    private static StorageException Unauthorized => new($"The server refuses the password {Secret}.", new HttpRequestException(Secret, null, System.Net.HttpStatusCode.Unauthorized));

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-refused-").FullName;
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    }

    [TearDown]
    public async Task Close()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.That(_logger.Collector.GetSnapshot().Select(static entry => entry.Message + entry.Exception), Has.None.Contains(Secret));
    }

    [Test]
    public async Task What_the_store_fails_at_for_lack_of_rights_waits_in_the_journal_until_that_is_mended()
    {
        using Tracker tracker = OpenTracker();
        Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = static _ => throw Unauthorized;
        await run.LogMetricsAsync([new Metric("m", 1)]);
        run.LogMetric("m", 2);
        run.Complete();
        await run.DisposeAsync();
        await EventuallyAsync(() => Events().Contains(2036));
        Assert.That(_store.Taken, Is.Empty);

        _store.OnAppend = static _ => Task.CompletedTask;
        await EventuallyAsync(() => Events().Contains(2031));
        Assert.That(_store.Values, Is.EqualTo(new[] { 1, 2 }));
        Assert.That((_store.Taken.Last().Status, _store.Taken.Sum(static batch => batch.Dropped)), Is.EqualTo((RunStatus.Finished, 0)));
        Assert.That(Events(), Is.EqualTo(new[] { 2030, 2036, 2031 }));
        Assert.That(_logger.Collector.GetSnapshot()[1].Message, Does.Contain("HttpRequestException 401"));
    }

    [Test]
    public async Task Without_a_journal_it_is_lost_told_counted_logged_once_and_the_run_is_incomplete()
    {
        using Tracker tracker = OpenTracker(withJournal: false);
        using var dropped = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.dropped");
        Run run = await tracker.StartRunAsync("e");
        int tries = 0;
        _store.OnAppend = _ =>
        {
            tries++;
            throw Unauthorized;
        };
        for (int i = 0; i < 3; i++)
        {
            Assert.That(() => run.LogMetricsAsync([new Metric("m", 1), new Metric("n", 1)]), Throws.TypeOf<StorageException>());
        }

        _store.OnAppend = static _ => Task.CompletedTask;
        run.Complete();
        await run.DisposeAsync();
        Assert.That(tries, Is.EqualTo(3), "repeating does not mend it");
        Assert.That((_store.Taken.Single().Status, _store.Taken.Single().Dropped, run.DroppedItems), Is.EqualTo((RunStatus.Finished, 6, 6)));
        Assert.That(dropped.GetMeasurementSnapshot().Select(static measurement => measurement.Value), Is.EqualTo(new[] { 2, 2, 2 }));
        Assert.That(Events(), Is.EqualTo(new[] { 2002 }));
    }

    [Test]
    public async Task Last_items_that_cannot_be_stored_do_not_keep_the_run_from_ending()
    {
        using Tracker tracker = OpenTracker(withJournal: false);
        Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = static batches => HasItems(batches) ? throw Refusal(batches) : Task.CompletedTask;
        run.LogMetric("m", 1);
        run.SetTag("t", "v");
        run.Complete();

        BatchRefusedException? refused = await Assert.ThrowsAsync<BatchRefusedException>(async () => await run.DisposeAsync());
        Assert.That((refused!.RunId, refused.Status), Is.EqualTo((run.Id, "400 RULE")));
        Assert.That((_store.Taken.Single().Status, _store.Taken.Single().Dropped, run.DroppedItems), Is.EqualTo((RunStatus.Finished, 2, 2)));
    }

    [Test]
    public async Task A_refused_batch_of_the_journal_is_set_aside_and_the_next_ones_and_the_end_are_stored()
    {
        using Tracker tracker = OpenTracker();
        using var aside = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.set_aside");
        Run run = await tracker.StartRunAsync("e");
        Run other = await tracker.StartRunAsync("e");
        _store.OnAppend = static _ => throw ScriptedStore.Away;
        await run.LogMetricsAsync([new Metric("m", 1)]);
        run.LogParameter("p", Secret);
        await run.LogMetricsAsync([new Metric("m", double.NaN, 7, DateTimeOffset.UnixEpoch)]);
        await run.LogMetricsAsync([new Metric("m", 3)]);
        await other.LogMetricsAsync([new Metric("m", 4)]);
        run.SetTag("bad", Secret);
        run.Complete(DateTimeOffset.UnixEpoch);
        await run.DisposeAsync();

        _store.OnAppend = static batches => batches.Any(IsBad) ? throw Refusal(batches) : Task.CompletedTask;
        await EventuallyAsync(() => Events().Contains(2031));
        Assert.That(_store.Taken.Where(batch => batch.RunId == run.Id).SelectMany(static batch => batch.Metrics).Select(static metric => metric.Value), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(_store.Taken.Where(batch => batch.RunId == other.Id).SelectMany(static batch => batch.Metrics).Select(static metric => metric.Value), Is.EqualTo(new[] { 4 }));
        Assert.That(_store.Taken.Sum(static batch => batch.Dropped), Is.EqualTo(3), "a point and a parameter, and a tag");
        Assert.That((_store.Taken.Last(batch => batch.RunId == run.Id).Status, _store.Taken.Last(batch => batch.RunId == run.Id).EndTime), Is.EqualTo((RunStatus.Finished, DateTimeOffset.UnixEpoch)));

        Assert.That(Events(), Is.EqualTo(new[] { 2030, 2037, 2037, 2031 }));
        Assert.That(aside.GetMeasurementSnapshot().Select(static measurement => (measurement.Value, measurement.Tags["mlops.tracking.journal.folder"])), Is.EqualTo(new[] { (1L, "refused"), (1L, "refused") }));
        JsonElement[] files = [.. Directory.GetFiles(RefusedFolder).Select(static path => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement).OrderBy(static file => file.GetProperty("sequence").GetInt64())];
        Assert.That(files, Has.Length.EqualTo(2));
        Assert.That(files[0].GetRawText(), Does.Not.Contain("status"));
        Assert.That(
            (files[0].GetProperty("run").GetString(), files[0].GetProperty("why").GetString(), files[0].GetProperty("parameters").GetProperty("p").GetString()),
            Is.EqualTo((run.Id, "BatchRefusedException 400 RULE < InvalidOperationException", Secret)));
        JsonElement metric = files[0].GetProperty("metrics").EnumerateArray().Single();
        Assert.That(
            (metric.GetProperty("key").GetString(), metric.GetProperty("value").GetString(), metric.GetProperty("step").GetInt64(), metric.GetProperty("time").GetDateTimeOffset()),
            Is.EqualTo(("m", "NaN", 7, DateTimeOffset.UnixEpoch)));
        Assert.That((files[1].GetProperty("status").GetString(), files[1].GetProperty("tags").GetProperty("bad").GetString()), Is.EqualTo(("Finished", Secret)));
        await other.DisposeAsync();
    }

    [Test]
    public async Task A_batch_that_is_refused_at_once_is_set_aside_too_and_its_caller_is_told()
    {
        using Tracker tracker = OpenTracker();
        await using Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = Refuse;
        Assert.That(() => run.LogMetricsAsync([new Metric("m", 1)]), Throws.TypeOf<BatchRefusedException>());
        _store.OnAppend = static _ => Task.CompletedTask;
        await run.LogMetricsAsync([new Metric("m", 2)]);

        Assert.That(Directory.GetFiles(RefusedFolder), Has.Length.EqualTo(1));
        Assert.That(Events(), Is.EqualTo(new[] { 2037, 2002 }));
        Assert.That(_store.Taken.Single().Dropped, Is.EqualTo(1));
    }

    [Test]
    public async Task Batches_of_a_run_that_the_store_does_not_know_are_set_aside_one_by_one()
    {
        using Tracker tracker = OpenTracker();
        Run gone = await tracker.StartRunAsync("e");
        Run kept = await tracker.StartRunAsync("e");
        _store.OnAppend = static _ => throw ScriptedStore.Away;
        await gone.LogMetricsAsync([new Metric("m", 1)]);
        await gone.LogMetricsAsync([new Metric("m", 2)]);
        await kept.LogMetricsAsync([new Metric("m", 3)]);

        _store.OnAppend = batches => batches[0].RunId == gone.Id ? throw new RunNotFoundException(gone.Id) : Task.CompletedTask;
        await EventuallyAsync(() => Events().Contains(2031));
        Assert.That(_store.Values, Is.EqualTo(new[] { 3 }));
        Assert.That(Directory.GetFiles(Path.Combine(JournalFolder, "unknown-runs"), "*.json"), Has.Length.EqualTo(2));
        Assert.That(Events(), Is.EqualTo(new[] { 2030, 2034, 2031 }));
        _store.OnAppend = static _ => Task.CompletedTask;
        await gone.DisposeAsync();
        await kept.DisposeAsync();
    }

    /// <summary>A store that refuses one batch and is away at the next is asked about both again and again.</summary>
    [TestCase(false, false, ExpectedResult = "2037 2031")]
    [TestCase(false, true, ExpectedResult = "2038 2031")]
    [TestCase(true, false, ExpectedResult = "2034 2031")]
    [TestCase(true, true, ExpectedResult = "2038 2031")]
    public async Task<string> A_batch_that_is_not_taken_is_told_once_however_often_a_flapping_store_is_asked(bool isUnknownRun, bool folderIsFull)
    {
        string folder = isUnknownRun ? "unknown-runs" : "refused";
        if (folderIsFull)
        {
            Directory.CreateDirectory(Path.Combine(JournalFolder, folder));
            await File.WriteAllBytesAsync(Path.Combine(JournalFolder, folder, "earlier.json"), new byte[1 << 20]);
        }

        using var tracker = new Tracker(_store, new TrackingOptions { JournalFolder = JournalFolder, JournalMaximumBytes = 1 << 20 }, TimeProvider.System, _logger, Meters);
        using var aside = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.set_aside");
        using var dropped = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.dropped");
        Run bad = await tracker.StartRunAsync("e");
        Run good = await tracker.StartRunAsync("e");
        int failed = 0;
        _store.OnAppend = _ =>
        {
            Interlocked.Increment(ref failed);
            throw ScriptedStore.Away;
        };
        await bad.LogMetricsAsync([new Metric("m", 1), new Metric("m", 2)]);
        await good.LogMetricsAsync([new Metric("m", 3)]);

        // Then both are read together.
        int before = Volatile.Read(ref failed);
        await EventuallyAsync(() => Volatile.Read(ref failed) > before + 1);
        int asked = 0, away = 0;
        _store.OnAppend = batches =>
        {
            if (batches[0].RunId == bad.Id)
            {
                asked++;
                throw isUnknownRun ? new RunNotFoundException(bad.Id) : Refusal(batches);
            }

            return away++ < 4 ? throw ScriptedStore.Away : Task.CompletedTask;
        };
        await EventuallyAsync(() => Events().Contains(2031));
        Assert.That(asked, Is.GreaterThan(4));
        Assert.That(_store.Values, Is.EqualTo(new[] { 3 }));
        Assert.That(aside.GetMeasurementSnapshot(), Has.Count.EqualTo(folderIsFull ? 0 : 1));
        Assert.That(dropped.GetMeasurementSnapshot().Select(static measurement => measurement.Value), Is.EqualTo(folderIsFull ? [2L] : Array.Empty<long>()));
        Assert.That(Directory.GetFiles(Path.Combine(JournalFolder, folder), "*.json"), Has.Length.EqualTo(1));
        _store.OnAppend = static _ => Task.CompletedTask;
        await bad.DisposeAsync();
        await good.DisposeAsync();
        return string.Join(' ', Events().Where(static id => id != 2030));
    }

    [Test]
    public async Task A_batch_of_a_run_that_was_deleted_meanwhile_is_set_aside_at_once_and_its_caller_is_told([Values] bool isDeleted)
    {
        using Tracker tracker = OpenTracker();
        using var aside = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.set_aside");
        Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = _ => throw (isDeleted ? new RunDeletedException(run.Id, DateTimeOffset.UnixEpoch) : new RunNotFoundException(run.Id));
        Assert.That(() => run.LogMetricsAsync([new Metric("m", 1, 7)]), isDeleted ? Throws.TypeOf<RunDeletedException>() : Throws.TypeOf<RunNotFoundException>());
        _store.OnAppend = static _ => Task.CompletedTask;
        await run.LogMetricsAsync([new Metric("m", 2)]);
        await run.DisposeAsync();

        JsonElement kept = JsonDocument.Parse(await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(JournalFolder, "unknown-runs")).Single())).RootElement;
        Assert.That(
            (kept.GetProperty("run").GetString(), kept.GetProperty("why").GetString(), kept.GetProperty("metrics")[0].GetProperty("step").GetInt64()),
            Is.EqualTo((run.Id, isDeleted ? nameof(RunDeletedException) : nameof(RunNotFoundException), 7L)));
        Assert.That(Events(), Is.EqualTo(new[] { 2034, 2002 }));
        Assert.That(aside.GetMeasurementSnapshot().Select(static measurement => measurement.Tags["mlops.tracking.journal.folder"]), Is.EqualTo(new[] { "unknown-runs" }));
        Assert.That((_store.Taken.Sum(static batch => batch.Dropped), run.DroppedItems), Is.EqualTo((1, 1)), "once the run is back it knows that something is missing");
    }

    [Test]
    public void A_folder_of_refused_batches_is_bounded_and_keeping_one_again_changes_nothing()
    {
        var folder = new BatchesAside(JournalFolder, "refused", maximumBytes: 1_000, JournalDisk.Of(Durability.Process));
        int kept = 0;
        while (folder.Keep(Batch(kept + 1), "why") == BatchAside.Kept)
        {
            kept++;
            Assert.That(kept, Is.LessThan(100));
            Assert.That(folder.Keep(Batch(1), "why"), Is.EqualTo(BatchAside.Known));
        }

        FileInfo[] files = new DirectoryInfo(RefusedFolder).GetFiles();
        Assert.That(files, Has.Length.EqualTo(kept));
        Assert.That(files.Sum(static file => file.Length), Is.GreaterThanOrEqualTo(1_000), "what was given again takes no room");
        Assert.That(folder.Keep(Batch(kept + 1), "why"), Is.EqualTo(BatchAside.Known), "its loss was told");
        Assert.That(folder.Keep(Batch(kept + 2), "why"), Is.EqualTo(BatchAside.Lost));
        var other = new BatchesAside(JournalFolder, "refused", 1_000, JournalDisk.Of(Durability.Process));
        Assert.That((other.Keep(Batch(1), "why"), other.Keep(Batch(kept + 1), "why")), Is.EqualTo((BatchAside.Known, BatchAside.Lost)), "another process finds it full as well");

        static RunAppend Batch(long sequence) => new() { RunId = "r", Owner = "", Writer = -1, Sequence = sequence };
    }

    [Test]
    public void A_folder_that_was_full_takes_batches_again_once_files_are_removed()
    {
        var folder = new BatchesAside(JournalFolder, "refused", maximumBytes: 1_000, JournalDisk.Of(Durability.Process));
        long sequence = 1;
        while (folder.Keep(Batch(sequence), "why") == BatchAside.Kept)
        {
            sequence++;
            Assert.That(sequence, Is.LessThan(100));
        }

        foreach (string file in Directory.GetFiles(RefusedFolder))
        {
            File.Delete(file);
        }

        Assert.That((folder.Keep(Batch(sequence + 1), "why"), Directory.GetFiles(RefusedFolder).Length), Is.EqualTo((BatchAside.Kept, 1)));

        static RunAppend Batch(long sequence) => new() { RunId = "r", Owner = "", Writer = -1, Sequence = sequence };
    }

    [Test]
    public async Task What_a_caller_was_told_is_lost_counts_once_also_where_the_folder_is_full([Values] bool isUnknownRun)
    {
        string folder = Path.Combine(JournalFolder, isUnknownRun ? "unknown-runs" : "refused");
        Directory.CreateDirectory(folder);
        await File.WriteAllBytesAsync(Path.Combine(folder, "earlier.json"), new byte[1 << 20]);
        using var tracker = new Tracker(_store, new TrackingOptions { JournalFolder = JournalFolder, JournalMaximumBytes = 1 << 20 }, TimeProvider.System, _logger, Meters);
        using var dropped = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.dropped");
        Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = batches => throw (isUnknownRun ? new RunNotFoundException(run.Id) : Refusal(batches));
        Assert.That(() => run.LogMetricsAsync([new Metric("m", 1), new Metric("m", 2)]), Throws.InstanceOf<TrackingException>());
        _store.OnAppend = static _ => Task.CompletedTask;
        await run.DisposeAsync();

        Assert.That(dropped.GetMeasurementSnapshot().Sum(static measurement => measurement.Value), Is.EqualTo(2));
        Assert.That(Events(), Is.EqualTo(new[] { 2038, 2002 }));
    }

    [Test]
    public async Task What_is_set_aside_at_Power_is_flushed_before_it_has_its_name()
    {
        List<string> flushed = [];
        var disk = new JournalDisk(
            _ => flushed.Add($"file, {Directory.GetFiles(RefusedFolder, "*.json").Length} named"),
            folder => flushed.Add($"{Path.GetRelativePath(_folder, folder)}, {(Directory.Exists(RefusedFolder) ? Directory.GetFiles(RefusedFolder, "*.json").Length : 0)} named"));
        var aside = new BatchesAside(JournalFolder, "refused", 1 << 20, disk);
        aside.Keep(new RunAppend { RunId = "r", Owner = "", Writer = 1, Sequence = 1 }, "why");

        Assert.That(flushed, Is.EqualTo(new[] { "., 0 named", "journal, 0 named", "file, 0 named", Path.Combine("journal", "refused") + ", 1 named" }));
        await Task.CompletedTask;
    }

    [Test]
    public async Task A_tracker_that_is_disposed_leaves_its_journal_to_the_next_and_its_runs_to_the_store()
    {
        Run run;
        using (Tracker tracker = OpenTracker())
        {
            run = await tracker.StartRunAsync("e");
            _store.OnAppend = static _ => throw ScriptedStore.Away;
            await run.LogMetricsAsync([new Metric("m", 1)]);
        }

        string path = Directory.GetFiles(JournalFolder).Single();
        using (JournalFile? file = JournalFile.TryOpen(path))
        {
            Assert.That(file, Is.Not.Null, "it is still open");
        }

        _store.OnAppend = static _ => Task.CompletedTask;
        await run.LogMetricsAsync([new Metric("m", 2)]);
        Assert.That(_store.Values, Is.EqualTo(new[] { 2 }));
        using (Tracker next = OpenTracker())
        {
            await next.ReplayJournalsAsync();
            await EventuallyAsync(() => Directory.GetFiles(JournalFolder).Length == 0);
        }

        Assert.That(_store.Values, Is.EqualTo(new[] { 2, 1 }));
        Assert.That(_store.Taken.Select(static batch => batch.Writer), Is.Unique, "or the store would take the first for a repetition of the second");
        await run.DisposeAsync();
    }

    private static bool HasItems(IReadOnlyList<RunAppend> batches) => batches.Any(static batch => batch.Items > 0);

    private static bool IsBad(RunAppend batch) => batch.Parameters.Count + batch.Tags.Count > 0;

    private static Task Refuse(IReadOnlyList<RunAppend> batches) => throw Refusal(batches);

    private static BatchRefusedException Refusal(IReadOnlyList<RunAppend> batches) => new(batches[0].RunId, "400 RULE", new InvalidOperationException($"'{Secret}' is too short."));

    /// <summary>What was logged, without the repetitions before the journal takes over.</summary>
    private int[] Events() => [.. _logger.Collector.GetSnapshot().Select(static entry => entry.Id.Id).Where(static id => id != 2003)];

    private Tracker OpenTracker(bool withJournal = true) => new(
        _store, new TrackingOptions { JournalFolder = withJournal ? JournalFolder : null }, TimeProvider.System, _logger, Meters);

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
