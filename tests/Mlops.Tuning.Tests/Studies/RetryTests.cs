using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

/// <summary>Another process holds the database's lock for longer than a write waits for it.</summary>
public sealed class RetryTests
{
    private const int CallRepeated = 7007;

    private string _folder = null!;
    private SqliteDatabase _database = null!;
    private SqliteConnection _rival = null!;
    private FakeTimeProvider _time = null!;
    private FakeLogger<Studies> _logger = null!;
    private Studies _studies = null!;
    private Study _study = null!;

    [SetUp]
    public async Task Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        string connectionString = $"Data Source={Path.Combine(_folder, "studies.db")}";
        _database = new SqliteDatabase(connectionString, new DatabaseOptions { BusyTimeout = TimeSpan.FromMilliseconds(10) });
        _rival = new SqliteConnection($"{connectionString};Pooling=False");
        _rival.Open();
        _time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        _logger = new FakeLogger<Studies>();
        _studies = new Studies(_database, timeProvider: _time, leaseClock: new FakeLeaseClock(), logger: _logger);
        _study = await _studies.OpenAsync("s", Direction.Minimize, new() { Sampler = new RandomSampler() });
    }

    [TearDown]
    public async Task Close()
    {
        _rival.Dispose();
        await _studies.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_busy_database_costs_no_finished_objective()
    {
        int ran = 0;
        Task<StudyProgress> optimising = _study.OptimizeAsync(
            (trial, _) =>
            {
                Interlocked.Increment(ref ran);
                if (trial.Number == 1)
                {
                    Lock();
                }

                return Task.FromResult<double>(trial.Number);
            },
            new() { TotalTrials = 4, Parallelism = 2 });
        await RepeatedAsync();
        Unlock();
        await AdvanceUntilAsync(optimising);

        Assert.That((await optimising).Completed, Is.EqualTo(4));
        Assert.That(ran, Is.EqualTo(4));
        Assert.That((await _study.FindTrialAsync(1))!.Attempt, Is.EqualTo(1));
    }

    [Test]
    public async Task Asking_waits_for_a_busy_database()
    {
        Lock();
        Task<Trial> asking = _study.AskAsync();
        await RepeatedAsync();
        Unlock();
        await AdvanceUntilAsync(asking);

        Assert.That(((await asking).Number, (await asking).Lost.IsCancellationRequested), Is.EqualTo((0, false)));
    }

    [Test]
    public async Task A_database_that_stays_away_is_told_in_the_end_and_the_value_can_be_told_later()
    {
        Trial trial = await _study.AskAsync();
        Lock();
        DateTimeOffset began = _time.GetUtcNow();
        Task<TrialRecord> telling = _study.TellAsync(trial, 0.5);
        await AdvanceUntilAsync(telling);

        Assert.That((await Assert.ThrowsAsync<StorageException>(() => telling))!.IsTransient, Is.True);
        Assert.That(_time.GetUtcNow() - began, Is.GreaterThanOrEqualTo(new TuningOptions().RetryDuration));
        Assert.That(_logger.Collector.GetSnapshot().Count(static record => record.Id.Id == CallRepeated), Is.EqualTo(1));
        Unlock();
        Assert.That((await _study.TellAsync(trial, 0.5)).Value, Is.EqualTo(0.5));
    }

    [Test]
    public async Task Repeating_can_be_cancelled()
    {
        Trial trial = await _study.AskAsync();
        Lock();
        using var cancel = new CancellationTokenSource();
        Task<TrialRecord> telling = _study.TellAsync(trial, 0.5, cancel.Token);
        await RepeatedAsync();
        await cancel.CancelAsync();

        Assert.That(async () => await telling, Throws.InstanceOf<OperationCanceledException>());
    }

    private void Lock() => Execute("BEGIN IMMEDIATE");

    private void Unlock() => Execute("COMMIT");

    private void Execute(string sql)
    {
        using SqliteCommand command = _rival.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private async Task RepeatedAsync()
    {
        for (int i = 0; i < 6_000 && !IsRepeated(); i++)
        {
            await Task.Delay(5);
        }

        Assert.That(IsRepeated(), Is.True);

        bool IsRepeated() => _logger.Collector.GetSnapshot().Any(static record => record.Id.Id == CallRepeated && record.Level == LogLevel.Warning);
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Delay(5);
        }
    }
}
