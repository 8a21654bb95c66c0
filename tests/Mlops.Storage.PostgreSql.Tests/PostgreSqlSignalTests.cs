using System.Collections.Concurrent;
using Mlops.Storage.Conformance;
using Npgsql;

namespace Mlops.Storage.PostgreSql.Tests;

/// <summary>Signals from one database object to another, as between processes.</summary>
[TestFixture]
[NonParallelizable]
public sealed class PostgreSqlSignalTests
{
    [Test]
    [CancelAfter(60_000)]
    public async Task A_signal_reaches_other_processes_by_its_channel(CancellationToken cancellationToken)
    {
        string connection = PostgreSqlServer.CreateDatabase();
        await using var here = new PostgreSqlDatabase(connection);
        await using var source = NpgsqlDataSource.Create($"{connection};Maximum Pool Size=1");
        await using var there = new PostgreSqlDatabase(source);
        var heard = new BlockingCollection<string>();

        // It cannot listen before it has the only connection, and by then both are subscribed.
        NpgsqlConnection only = await source.OpenConnectionAsync(cancellationToken);
        using IDisposable first = there.OnSignal("first", () => heard.Add("first", cancellationToken));
        using IDisposable second = there.OnSignal("second", () => heard.Add("second", cancellationToken));
        await only.DisposeAsync();

        // Said once to everybody when it begins to listen.
        Assert.That(new[] { heard.Take(cancellationToken), heard.Take(cancellationToken) }, Is.EquivalentTo(new[] { "first", "second" }));
        foreach (string channel in (string[])["second", "first", "second"])
        {
            here.Signal(channel);
            Assert.That(heard.Take(cancellationToken), Is.EqualTo(channel));
        }
    }

    [Test]
    [CancelAfter(60_000)]
    public async Task It_listens_again_when_the_server_is_back_and_says_that_it_may_have_missed_something(CancellationToken cancellationToken)
    {
        string connection = PostgreSqlServer.CreateDatabase();
        await using var here = new PostgreSqlDatabase(connection);
        await using var there = new PostgreSqlDatabase(connection);
        var heard = new BlockingCollection<string>();
        using IDisposable subscription = there.OnSignal("a", () => heard.Add("a", cancellationToken));
        heard.Take(cancellationToken);
        PostgreSqlServer.CrashAndRestart();

        Assert.That(heard.Take(cancellationToken), Is.EqualTo("a"));
        while (heard.TryTake(out _))
        {
        }

        here.Signal("a");
        while (!heard.TryTake(out _, 200, cancellationToken))
        {
            // A pooled connection from before the crash may have taken the first one with it.
            here.Signal("a");
        }
    }

    [Test]
    public async Task Without_signals_between_processes_they_stay_in_this_one()
    {
        string connection = PostgreSqlServer.CreateDatabase();
        await using var database = new PostgreSqlDatabase(connection, new DatabaseOptions { SignalProcesses = false });
        int heard = 0;
        using IDisposable subscription = database.OnSignal("a", () => Interlocked.Increment(ref heard));
        database.Signal("a");

        Assert.That(heard, Is.EqualTo(1));
    }
}
