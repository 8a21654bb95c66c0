using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>The server goes down under runs and comes back; nothing runs beside that.</summary>
[NonParallelizable]
public sealed class JournalTests
{
    private string _folder = "";
    private string _connectionString = "";
    private PostgreSqlDatabase _database = null!;
    private Tracker _tracker = null!;
    private ServiceProvider _services = null!;
    private bool _isDown;

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    private string JournalFolder => Path.Combine(_folder, "journal");

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-journal-").FullName;
        _connectionString = PostgreSqlServer.CreateDatabase();
        _database = new PostgreSqlDatabase(_connectionString);
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _tracker = OpenTracker(new TrackingOptions());
    }

    [TearDown]
    public async Task Close()
    {
        Up();
        _tracker.Dispose();
        await _services.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task What_is_logged_while_the_server_is_down_is_acknowledged_and_stored_once_it_is_back()
    {
        Run run = await _tracker.StartRunAsync("e");
        await run.LogMetricsAsync(Points(0, 10));
        Down();
        await run.LogMetricsAsync(Points(10, 10));
        run.LogParameter("p", "v");
        run.SetTag("t", "first");
        await run.FlushAsync();
        run.SetTag("t", "last");
        await run.LogMetricsAsync([.. Points(20, 10), new Metric("new", double.NaN)]);
        run.Complete();
        await run.DisposeAsync();
        Assert.That(Directory.GetFiles(JournalFolder), Has.Length.EqualTo(1));

        Up();
        await DrainedAsync();
        RunRecord record = await _tracker.GetRunAsync(run.Id);
        Assert.Multiple(() =>
        {
            Assert.That((record.Status, record.DroppedItems), Is.EqualTo((RunStatus.Finished, 0)));
            Assert.That((record.Parameters["p"], record.Tags["t"], record.Metrics["new"].Value), Is.EqualTo(("v", "last", double.NaN)));
        });
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(Enumerable.Range(0, 30)));

        _tracker.Dispose();
        Assert.That(Directory.GetFiles(JournalFolder), Is.Empty);
    }

    [Test]
    public async Task Runs_go_on_in_the_database_after_it_was_away_again_and_again()
    {
        await using Run run = await _tracker.StartRunAsync("e");
        await using Run other = await _tracker.StartRunAsync("e");
        using var stop = new CancellationTokenSource();
        Task<int>[] logging = [LogAsync(run, stop.Token), LogAsync(other, stop.Token)];
        for (int i = 0; i < 3; i++)
        {
            Down();
            await Task.Delay(700);
            Up();
            await Task.Delay(300);
        }

        await stop.CancelAsync();
        int[] acknowledged = await Task.WhenAll(logging);
        await DrainedAsync();
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(Enumerable.Range(0, acknowledged[0])));
        Assert.That(await ReadAsync(other.Id), Is.EqualTo(Enumerable.Range(0, acknowledged[1])));
    }

    [Test]
    public async Task What_a_dead_process_left_is_stored_by_the_next_with_the_folder()
    {
        string assembly = typeof(JournalTests).Assembly.Location;
        using Process process = Process.Start(new ProcessStartInfo("dotnet", ["exec", assembly, JournalWorker.Verb, _connectionString, JournalFolder])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        string id = (await process.StandardOutput.ReadLineAsync())!;
        Down();
        await process.StandardInput.WriteLineAsync("go");
        await process.StandardInput.FlushAsync();
        int acknowledged = 0;
        while (acknowledged < 50)
        {
            acknowledged = int.Parse((await process.StandardOutput.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
        }

        process.Kill();
        await process.WaitForExitAsync();
        Up();

        using Tracker next = OpenTracker(new TrackingOptions());
        await EventuallyAsync(async () =>
        {
            await next.ReplayJournalsAsync();
            return Directory.GetFiles(JournalFolder).Length == 0;
        });
        List<int> stored = await ReadAsync(id);
        Assert.That(stored, Is.EqualTo(Enumerable.Range(0, stored.Count)).And.Count.AtLeast(acknowledged));
    }

    [Test]
    public async Task Of_a_journal_that_was_replayed_in_part_the_rest_is_stored()
    {
        Run run = await _tracker.StartRunAsync("e");
        WriteJournal("a", damagedAt: null, Batch(run.Id, 1, 0), Batch(run.Id, 1, 1), Batch(run.Id, 2, 2));
        await _tracker.ReplayJournalsAsync();
        WriteJournal("a", damagedAt: null, Batch(run.Id, 1, 0), Batch(run.Id, 1, 1), Batch(run.Id, 2, 2), Batch(run.Id, 1, 3), Batch(run.Id, 2, 4));
        await _tracker.ReplayJournalsAsync();

        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
        await run.DisposeAsync();
    }

    [Test]
    public async Task A_damaged_journal_is_named_and_kept_and_the_others_are_replayed()
    {
        Run run = await _tracker.StartRunAsync("e");
        byte[] first = Batch(run.Id, 1, 5).ToBytes();
        WriteJournal("a", damagedAt: 8 + 12 + first.Length + 30, Batch(run.Id, 1, 5), Batch(run.Id, 1, 6), Batch(run.Id, 1, 7));
        WriteJournal("b", damagedAt: null, Batch(run.Id, 2, 2), Batch(run.Id, 2, 3));

        JournalCorruptException? corrupt = await Assert.ThrowsAsync<JournalCorruptException>(async () => await _tracker.ReplayJournalsAsync());
        Assert.That((Path.GetFileName(corrupt!.Path), corrupt.Position), Is.EqualTo(("a.journal", 8 + 12 + first.Length)));
        Assert.That(Directory.GetFiles(JournalFolder).Select(Path.GetFileName), Is.EqualTo(new[] { "a.journal" }));
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 2, 3, 5 }), "what came before the damage too");
        await run.DisposeAsync();
    }

    [Test]
    public async Task Batches_of_a_run_that_the_database_does_not_know_are_set_aside()
    {
        Run run = await _tracker.StartRunAsync("e");
        WriteJournal("a", damagedAt: null, Batch("elsewhere", 1, 0), Batch(run.Id, 2, 1), Batch("elsewhere", 1, 2));

        Assert.That(await _tracker.ReplayJournalsAsync(), Is.EqualTo(1));
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 1 }));
        Assert.That(Directory.GetFiles(JournalFolder), Is.Empty);
        Assert.That(Directory.GetFiles(Path.Combine(JournalFolder, "unknown-runs"), "*.json"), Has.Length.EqualTo(2));
        await run.DisposeAsync();
    }

    [Test]
    public async Task Batches_of_a_deleted_run_are_set_aside_and_hold_up_nobody()
    {
        RunRecord gone = await _tracker.CreateRunAsync("e");
        RunRecord kept = await _tracker.CreateRunAsync("e");
        await _tracker.DeleteRunAsync(gone.Id);
        WriteJournal("a", damagedAt: null, Batch(gone.Id, 1, 0), Batch(kept.Id, 2, 1), Batch(gone.Id, 1, 2));
        WriteJournal("b", damagedAt: null, Batch(kept.Id, 3, 4));

        Assert.That(await _tracker.ReplayJournalsAsync(), Is.EqualTo(2));
        Assert.That(await ReadAsync(kept.Id), Is.EqualTo(new[] { 1, 4 }));
        Assert.That(Directory.GetFiles(JournalFolder), Is.Empty);
        Assert.That(Directory.GetFiles(Path.Combine(JournalFolder, "unknown-runs"), "*.json"), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task What_a_handle_logs_to_a_deleted_run_is_set_aside_as_what_waits_in_a_journal_is()
    {
        Run run = await _tracker.StartRunAsync("e");
        await run.LogMetricsAsync(Points(0, 1));
        await _tracker.DeleteRunAsync(run.Id);

        Assert.That(async () => await run.LogMetricsAsync(Points(1, 2)), Throws.TypeOf<RunDeletedException>());
        string kept = await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(JournalFolder, "unknown-runs"), "*.json").Single());
        Assert.That(kept, Does.Contain(run.Id).And.Contain("\"step\": 1").And.Contain("\"step\": 2"));
        await _tracker.RestoreRunAsync(run.Id);
        await run.LogMetricsAsync(Points(3, 1));
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 0, 3 }));
        await run.DisposeAsync();
    }

    [Test]
    public async Task A_run_whose_last_writes_went_to_the_journal_knows_its_surroundings()
    {
        Run run = await _tracker.StartRunAsync("e");
        await EventuallyAsync(async () => (await CountAsync("tracking_environment")) == 1);
        Down();
        run.LogMetric("m", 1);
        run.Complete();
        await run.DisposeAsync();

        Up();
        await DrainedAsync();
        Assert.That(await _tracker.FindEnvironmentAsync(run.Id), Is.Not.Null);
    }

    [Test]
    public async Task Batches_that_cannot_be_stored_are_reported_once_and_only_they_wait()
    {
        var logger = new FakeLogger();
        using Tracker tracker = OpenTracker(new TrackingOptions { CaptureEnvironment = false }, logger, Meters);
        using var waiting = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.size");
        using var failures = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.failures");
        await using Run first = await tracker.StartRunAsync("e");
        await using Run second = await tracker.StartRunAsync("e");
        await RenameAsync("tracking_parameter", "tracking_parameter_away");
        Down();

        // More than is stored at once, so that the first run's are stored before the second's fail.
        await first.LogMetricsAsync(Points(0, 50_000));
        second.LogParameter("p", "v");
        await second.FlushAsync();
        long all = Waiting();
        Up();
        await EventuallyAsync(() => Task.FromResult(logger.Collector.GetSnapshot().Any(static entry => entry.Id.Id == 2036) && failures.GetMeasurementSnapshot().Count(IsStore) > 3));
        Assert.That(await ReadAsync(first.Id), Has.Count.EqualTo(50_000));
        Assert.That(all, Is.GreaterThan(1_000_000));
        Assert.That(Waiting(), Is.InRange(1, 500));

        await RenameAsync("tracking_parameter_away", "tracking_parameter");
        await EventuallyAsync(() => Task.FromResult(Waiting() == 0));
        Assert.That((await tracker.GetRunAsync(second.Id)).Parameters["p"], Is.EqualTo("v"));
        await EventuallyAsync(() => Task.FromResult(logger.Collector.GetSnapshot().Any(static entry => entry.Id.Id == 2031)));
        Assert.That(logger.Collector.GetSnapshot().Select(static entry => entry.Id.Id).Where(static id => id >= 2030), Is.EqualTo(new[] { 2030, 2036, 2031 }));

        static bool IsStore(CollectedMeasurement<long> measurement) => measurement.MatchesTags(new KeyValuePair<string, object?>("mlops.tracking.journal.step", "store"));

        long Waiting()
        {
            waiting.Clear();
            waiting.RecordObservableInstruments();
            return waiting.GetMeasurementSnapshot().Sum(static measurement => measurement.Value);
        }
    }

    [Test]
    public async Task A_journal_that_cannot_be_opened_is_named_once_and_the_others_are_stored()
    {
        var logger = new FakeLogger();
        using Tracker tracker = OpenTracker(new TrackingOptions { CaptureEnvironment = false }, logger, Meters);
        using var failures = new MetricCollector<long>(Meters, "Mlops.Tracking", "mlops.tracking.journal.failures");
        RunRecord run = await tracker.CreateRunAsync("e");
        WriteJournal("b", damagedAt: null, Batch(run.Id, 1, 0));
        string closed = Path.Combine(JournalFolder, "a.journal");
        File.CreateSymbolicLink(closed, closed);

        for (int i = 0; i < 2; i++)
        {
            Assert.That(async () => await tracker.ReplayJournalsAsync(), Throws.InstanceOf<IOException>());
        }

        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 0 }));
        Assert.That(logger.Collector.GetSnapshot().Select(static entry => (entry.Id.Id, entry.Message.Contains("a.journal", StringComparison.Ordinal))), Is.EqualTo(new[] { (2035, true) }));
        Assert.That(failures.GetMeasurementSnapshot().Select(static measurement => measurement.Tags["mlops.tracking.journal.step"]), Is.EqualTo(new[] { "open", "open" }));
    }

    [Test]
    public async Task What_is_logged_after_a_damaged_journal_was_left_behind_does_not_hide_what_is_in_it()
    {
        await using Run run = await _tracker.StartRunAsync("e");
        await run.LogMetricsAsync(Points(0, 1));
        Down();
        for (int step = 1; step <= 3; step++)
        {
            await run.LogMetricsAsync(Points(step, 1));
        }

        string path = Directory.GetFiles(JournalFolder).Single();
        long at = (JournalFile.Beginning + new FileInfo(path).Length) / 2;
        byte[] whole = await FlipAsync(path, at);
        Up();
        await EventuallyAsync(async () => (await ReadAsync(run.Id)).Count == 2);
        await EventuallyAsync(() => Task.FromResult(CanOpen(path)));
        await run.LogMetricsAsync(Points(4, 1));
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 0, 1, 4 }));

        // Mended by hand.
        await File.WriteAllBytesAsync(path, whole);
        await _tracker.ReplayJournalsAsync();
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(new[] { 0, 1, 2, 3, 4 }));
    }

    [Test]
    public async Task A_full_journal_makes_writers_wait_and_then_fail_as_without_one()
    {
        using Tracker tracker = OpenTracker(new TrackingOptions { JournalMaximumBytes = 1 << 20, RetryDuration = TimeSpan.FromMilliseconds(300) });
        await using Run run = await tracker.StartRunAsync("e");
        await run.LogMetricsAsync(Points(0, 1));
        Down();
        Metric[] half = Points(1, 30_000);
        await run.LogMetricsAsync(half);

        StorageException? full = await Assert.ThrowsAsync<StorageException>(async () => await run.LogMetricsAsync(half));
        Assert.That(full!.IsTransient, Is.True);
        Assert.That(full.Message, Does.Contain("no room"));
        Up();
        await DrainedAsync();
        await run.LogMetricsAsync(Points(30_001, 1));
        Assert.That(await ReadAsync(run.Id), Is.EqualTo(Enumerable.Range(0, 30_002)));
        Assert.That(run.DroppedItems, Is.EqualTo(30_000));
    }

    [Test]
    public async Task Without_a_journal_there_is_none_and_SQLite_needs_none()
    {
        using var tracker = new Tracker(_database, Artifacts(), new TrackingOptions());
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await tracker.ReplayJournalsAsync());

        await using Database sqlite = Sqlite.Create(_folder);
        Assert.That(
            () => new Tracker(sqlite, Artifacts(), new TrackingOptions { JournalFolder = JournalFolder }),
            Throws.ArgumentException.With.Message.Contains("SQLite"));
    }

    private static async Task<int> LogAsync(Run run, CancellationToken stop)
    {
        int step = 0;
        while (!stop.IsCancellationRequested)
        {
            await run.LogMetricsAsync(Points(step, 5), CancellationToken.None);
            step += 5;
        }

        return step;
    }

    private static Metric[] Points(int first, int count) => [.. Enumerable.Range(first, count).Select(static i => new Metric("m", i, i))];

    private static RunAppend Batch(string run, long writer, int step) => new()
    {
        RunId = run,
        Owner = "o",
        Writer = writer,
        Sequence = step + 1,
        Names = ["m"],
        Points = [new(0, Sample.Of(step, 0, step))],
    };

    private ArtifactCatalog Artifacts() => new(_database, new FileArtifactStore(Path.Combine(_folder, "artifacts")));

    private Tracker OpenTracker(TrackingOptions options, ILogger? logger = null, IMeterFactory? meters = null)
    {
        options.JournalFolder = JournalFolder;
        return new Tracker(_database, Artifacts(), options, TimeProvider.System, logger ?? NullLogger.Instance, meters);
    }

    private Task<int> RenameAsync(string from, string to) => _database.WriteAsync($"ALTER TABLE {from} RENAME TO {to}", static (session, sql) => session.Execute(sql));

    private async Task<long> CountAsync(string table) =>
        (await _database.QueryAsync($"SELECT COUNT(*) FROM {table}", static row => row.GetInt64(0), CancellationToken.None))[0];

    /// <summary>Damages a byte of a file that this process has locked; the file's bytes as they were.</summary>
    private static async Task<byte[]> FlipAsync(string path, long at)
    {
        string copy = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await ShellAsync($"cp '{path}' '{copy}'");
        byte[] whole = await File.ReadAllBytesAsync(copy);
        await File.WriteAllBytesAsync(copy, [(byte)(whole[at] ^ 1)]);
        await ShellAsync($"dd if='{copy}' of='{path}' bs=1 seek={at} conv=notrunc status=none && rm '{copy}'");
        return whole;

        static async Task ShellAsync(string command)
        {
            using Process process = Process.Start("sh", ["-c", command]);
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero);
        }
    }

    private static bool CanOpen(string path)
    {
        using JournalFile? file = JournalFile.TryOpen(path);
        return file is not null;
    }

    private void WriteJournal(string name, int? damagedAt, params RunAppend[] records)
    {
        JournalFile file = JournalFile.Create(Path.Combine(_folder, "written"), JournalDisk.Of(Durability.Process));
        foreach (RunAppend record in records)
        {
            file.Append(record.ToBytes());
        }

        file.Dispose();
        byte[] bytes = File.ReadAllBytes(file.Path);
        if (damagedAt is { } at)
        {
            bytes[at] ^= 1;
        }

        Directory.CreateDirectory(JournalFolder);
        File.WriteAllBytes(Path.Combine(JournalFolder, name + ".journal"), bytes);
    }

    private async Task<List<int>> ReadAsync(string runId) => [.. (await _tracker.GetMetricHistoryAsync(runId, "m")).Select(static point => (int)point.Value)];

    private Task DrainedAsync() => EventuallyAsync(() =>
        Task.FromResult(Directory.GetFiles(JournalFolder).All(static path => new FileInfo(path).Length <= JournalFile.Beginning)));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 6_000; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail("It did not happen.");
    }

    private void Down()
    {
        PostgreSqlServer.ShutDown();
        _isDown = true;
    }

    private void Up()
    {
        if (_isDown)
        {
            PostgreSqlServer.Restart();
            _isDown = false;
        }
    }
}
