using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>What the journal does to the writes of a run, over a store that fails as it is told.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BatchJournalTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly ScriptedStore _store = new();
    private string _folder = "";

    private string JournalFolder => Path.Combine(_folder, "state", "journal");

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-journal-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task At_Power_a_batch_is_flushed_before_it_is_acknowledged_and_so_is_the_name_of_the_file()
    {
        ConcurrentQueue<string> flushed = new();
        using var go = new ManualResetEventSlim();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long head = JournalFile.Beginning;
        var disk = new JournalDisk(
            file =>
            {
                long length = RandomAccess.GetLength(file);
                flushed.Enqueue(length > head ? "batch" : "head");
                if (length > head)
                {
                    reached.TrySetResult();
                    go.Wait(Limit);
                }
            },
            folder => flushed.Enqueue(Path.GetRelativePath(_folder, folder) + (HasFile() ? " with the file" : "")));
        using Tracker tracker = Open(disk);
        await using Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = static _ => throw ScriptedStore.Away;

        Task logged = run.LogMetricsAsync([new Metric("m", 1)]);
        await reached.Task.WaitAsync(Limit);
        Assert.That(logged.IsCompleted, Is.False, "acknowledged before it was on the disk");
        Assert.That(flushed, Is.EqualTo(new[] { ".", "state", "head", Path.Combine("state", "journal") + " with the file", "batch" }));

        go.Set();
        await logged.WaitAsync(Limit);
        await run.LogMetricsAsync([new Metric("m", 2)]);
        Assert.That(flushed.Skip(5), Is.EqualTo(new[] { "batch" }), "every batch, and nothing twice");
        _store.OnAppend = static _ => Task.CompletedTask;

        bool HasFile() => Directory.Exists(JournalFolder) && Directory.GetFiles(JournalFolder, "*.journal").Length > 0;
    }

    [Test]
    public void A_batch_that_cannot_be_flushed_is_not_in_the_journal()
    {
        bool isBroken = false;
        using JournalFile file = JournalFile.Create(JournalFolder, new JournalDisk(_ => Break(), static _ => { }));
        file.Append([1]);
        isBroken = true;
        Assert.That(() => file.Append([2]), Throws.InstanceOf<IOException>());
        isBroken = false;
        file.Append([3]);

        long position = 0;
        Assert.That(file.Read(ref position), Is.EqualTo(new byte[] { 1 }));
        Assert.That(file.Read(ref position), Is.EqualTo(new byte[] { 3 }));
        Assert.That(file.Read(ref position), Is.Null);

        void Break()
        {
            if (isBroken)
            {
                throw new IOException("The disk is gone.");
            }
        }
    }

    [TestCase(Durability.Process, ExpectedResult = false)]
    [TestCase(Durability.Power, ExpectedResult = true)]
    public bool Only_Power_flushes(Durability durability)
    {
        // A handle and a folder that cannot be flushed tell whether it was tried.
        JournalDisk disk = JournalDisk.Of(durability);
        bool flushesFolder = Throws(() => disk.FlushFolder(Path.Combine(_folder, "none")));
        using var closed = new Microsoft.Win32.SafeHandles.SafeFileHandle(-1, ownsHandle: false);
        Assert.That(Throws(() => disk.FlushFile(closed)), Is.EqualTo(flushesFolder));
        return flushesFolder;

        static bool Throws(Action action)
        {
            try
            {
                action();
                return false;
            }
            catch (Exception exception) when (exception is IOException or ArgumentException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    [Test]
    public async Task While_the_journal_is_stored_writers_that_follow_take_their_time()
    {
        var time = new PausedTime();

        // The host's own clock stands still: nobody may wait by that.
        using Tracker tracker = Open(time: new FakeTimeProvider(), waits: time);
        await using Run run = await tracker.StartRunAsync("e");
        _store.OnAppend = static _ => throw ScriptedStore.Away;

        // More than is stored at once: what follows the first part waits for the second.
        await run.LogMetricsAsync([.. Enumerable.Range(0, 50_000).Select(static i => new Metric("m", i))]);
        await run.LogMetricsAsync([new Metric("m", 50_000)]);
        Assert.That(time.Pauses, Is.Zero, "while the store is away there is nothing to catch up with");
        int calls = 0;
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.OnAppend = async _ =>
        {
            if (Interlocked.Increment(ref calls) > 1)
            {
                second.TrySetResult();
                await go.Task;
            }
        };
        await second.Task.WaitAsync(Limit);

        Task logged = run.LogMetricsAsync([new Metric("m", 50_001)]);
        await Task.WhenAny(logged, time.Paused).WaitAsync(Limit);
        Assert.That((time.Pauses, logged.IsCompleted), Is.EqualTo((1, false)), "acknowledged without a pause");
        time.Advance(TimeSpan.FromMilliseconds(10));
        await logged.WaitAsync(Limit);

        go.SetResult();
        await EventuallyAsync(() => _store.Taken.Count == 3);
        Assert.That(_store.Values, Is.EqualTo(Enumerable.Range(0, 50_002)));
    }

    [Test]
    public void A_batch_under_the_number_of_a_writer_that_has_another_by_now_is_not_taken()
    {
        using var telemetry = new TrackingTelemetry(null, static () => 0, static () => 0);
        using var journal = new BatchJournal(_store, new TrackingOptions { JournalFolder = JournalFolder }, telemetry, NullLogger.Instance);
        byte[] batch = new RunAppend { RunId = "r", Owner = "", Writer = 1, Sequence = 1 }.ToBytes();

        Assert.That(journal.TryAppend(batch, toFollow: false, journal.Generation - 1), Is.False);
        Assert.That(Directory.Exists(JournalFolder), Is.False);
        _store.OnAppend = static _ => throw ScriptedStore.Away;
        Assert.That(journal.TryAppend(batch, toFollow: false, journal.Generation), Is.True);
        Assert.That(journal.TryAppend(batch, toFollow: true, journal.Generation - 1), Is.False, "not behind others either");
    }

    private Tracker Open(JournalDisk? disk = null, TimeProvider? time = null, TrackingOptions? options = null, TimeProvider? waits = null)
    {
        options ??= new TrackingOptions();
        options.JournalFolder = JournalFolder;
        return new Tracker(_store, options, time ?? TimeProvider.System, NullLogger.Instance, meters: null, disk, waits);
    }

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>A clock that stands still and says when somebody waits by it.</summary>
    private sealed class PausedTime : FakeTimeProvider
    {
        private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _pauses;

        public Task Paused => _paused.Task;

        public int Pauses => Volatile.Read(ref _pauses);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _pauses);
            _paused.TrySetResult();
            return timer;
        }
    }
}
