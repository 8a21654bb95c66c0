using System.Collections.Concurrent;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>The server goes down as in a crash while sixteen producers write at both levels, and comes up again.</summary>
[TestFixture]
[NonParallelizable]
public sealed class PostgreSqlServerCrashTests
{
    private const int Producers = 16;
    private const int Crashes = 3;
    private const int RowsBetweenCrashes = 400;

    private readonly ConcurrentQueue<Acknowledged> _acknowledged = new();
    private readonly ConcurrentDictionary<long, bool> _unanswered = new();
    private long _ids;
    private long _order;

    [Test]
    [CancelAfter(120_000)]
    public async Task A_crash_of_the_server_loses_no_row_at_level_Power_and_at_level_Process_only_the_last(CancellationToken cancellationToken)
    {
        await using var database = new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());
        database.Require(StorageWorker.Migrations);
        await database.OpenAsync(cancellationToken);
        var leases = new LeaseTable(database);
        using var stop = new CancellationTokenSource();
        Task[] producers = [.. Enumerable.Range(0, Producers).Select(i => Task.Run(() => ProduceAsync(database, i % 4 == 0 ? Durability.Power : Durability.Process, stop.Token)))];
        List<(long Down, long Up)> crashes = [];
        long epoch = 0;
        for (int crash = 0; crash < Crashes; crash++)
        {
            int before = _acknowledged.Count;
            while (_acknowledged.Count < before + RowsBetweenCrashes)
            {
                await Task.Delay(5, cancellationToken);
            }

            // Its grant is at level Process and may be lost with the crash; the next one must be above it all the same.
            Lease last = await AcquireAsync(leases, cancellationToken);
            Assert.That(last.Epoch, Is.GreaterThan(epoch));
            epoch = last.Epoch;
            long down = Interlocked.Increment(ref _order);
            PostgreSqlServer.CrashAndRestart();
            crashes.Add((down, Interlocked.Increment(ref _order)));
        }

        Assert.That((await AcquireAsync(leases, cancellationToken)).Epoch, Is.GreaterThan(epoch));
        await stop.CancelAsync();
        await Task.WhenAll(producers);

        HashSet<long> stored = [.. await database.QueryAsync("SELECT id FROM grown_row", static row => row.GetInt64(0), cancellationToken)];
        List<Acknowledged> lost = [.. _acknowledged.Where(row => !stored.Contains(row.Id))];
        await TestContext.Out.WriteLineAsync($"{_acknowledged.Count} rows acknowledged, {_unanswered.Count} not answered, {lost.Count} lost in {Crashes} crashes");
        Assert.That(lost.Where(static row => row.Level == Durability.Power), Is.Empty);

        // A commit at level Power makes everything durable that was acknowledged before it was asked for, if it was answered before the crash.
        Assert.That(
            lost.Where(row => _acknowledged.Any(power => power.Level == Durability.Power && power.Asked > row.Answered
                && power.Answered < crashes.First(crash => row.Asked < crash.Up).Down)),
            Is.Empty);
        Assert.That(stored.Where(id => !_unanswered.ContainsKey(id)).Except(_acknowledged.Select(static row => row.Id)), Is.Empty);
    }

    private async Task ProduceAsync(Database database, Durability level, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            long id = Interlocked.Increment(ref _ids);
            long asked = Interlocked.Increment(ref _order);
            try
            {
                await database.WriteAsync(
                    id, static (session, id) => session.Execute("INSERT INTO grown_row (id, note) VALUES (@id, @note)", ("@id", id), ("@note", "x")), level, CancellationToken.None);
                _acknowledged.Enqueue(new Acknowledged(id, level, asked, Interlocked.Increment(ref _order)));
            }
            catch (StorageException exception)
            {
                Assert.That(exception.IsTransient, Is.True, exception.ToString());
                _unanswered[id] = true;
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    private static async Task<Lease> AcquireAsync(LeaseTable leases, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (await leases.TryAcquireAsync("job", "a", TimeSpan.FromMilliseconds(1), cancellationToken) is { } lease)
                {
                    return lease;
                }
            }
            catch (StorageException exception) when (exception.IsTransient)
            {
                // The server is not back yet.
            }

            await Task.Delay(5, cancellationToken);
        }
    }

    /// <param name="Id">The row.</param>
    /// <param name="Level">As it was asked for.</param>
    /// <param name="Asked">When, in the order of all that was asked and answered.</param>
    /// <param name="Answered">When the caller knew.</param>
    private sealed record Acknowledged(long Id, Durability Level, long Asked, long Answered);
}
