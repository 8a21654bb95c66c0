using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

[TestFixture]
public sealed class HeldLeaseLogTests
{
    [Test]
    public async Task Renewals_that_fail_are_logged_once_in_a_row_and_so_is_their_end()
    {
        var logs = new FakeLogCollector();
        using var provider = new FakeLoggerProvider(logs);
        using ILoggerFactory factory = LoggerFactory.Create(logging => logging.AddProvider(provider));
        string connectionString = TemporaryFolder.NewDatabase();
        await using var database = new SqliteDatabase(connectionString) { LoggerFactory = factory };
        var time = new WaitCountingTime();
        await using HeldLease held = (await HeldLease.TryAcquireAsync(new LeaseTable(database, null, time), "job", "a", TimeSpan.FromMinutes(1)))!;
        await ExecuteAsync(connectionString, "ALTER TABLE mlops_lease RENAME TO mlops_away");

        // At a third of the lease, then every twelfth of it.
        await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(20));
        await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(5));
        Assert.That(logs.GetSnapshot().Select(static log => (log.Id.Id, log.Level)), Is.EqualTo(new[] { (1001, LogLevel.Warning) }));
        Assert.That(logs.LatestRecord.Message, Does.Contain("job"));
        Assert.That(logs.LatestRecord.Exception, Is.TypeOf<StorageException>());

        await ExecuteAsync(connectionString, "ALTER TABLE mlops_away RENAME TO mlops_lease");
        await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(5));
        Assert.That(logs.LatestRecord, Has.Property("Id").EqualTo(new EventId(1002)).And.Property("Message").Contains("after 2 failures"));

        await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(logs.Count, Is.EqualTo(2), "a renewal that goes well is no news");
        await ExecuteAsync(connectionString, "ALTER TABLE mlops_lease RENAME TO mlops_away");
        await time.AdvanceToNextWaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(logs.GetSnapshot().Select(static log => log.Id.Id), Is.EqualTo(new[] { 1001, 1002, 1001 }), "the next row of failures is news again");
        Assert.That(held.Lost.IsCancellationRequested, Is.False);
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new SqliteConnection($"{connectionString};Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
