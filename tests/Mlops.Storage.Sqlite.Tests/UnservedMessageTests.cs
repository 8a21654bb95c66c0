using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>The last receiver was taken out of the configuration while messages to it waited.</summary>
[TestFixture]
public sealed class UnservedMessageTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_host_without_the_receiver_gives_its_messages_up_counts_them_and_says_so_once(bool hasAnother)
    {
        string connectionString = TemporaryFolder.NewDatabase();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        string receiver = $"gone/{hasAnother}";
        await LeaveAsync(connectionString, receiver, time, count: 3);
        time.Advance(TimeSpan.FromDays(8));
        using var given = new MetricCollector<long>(null, "Mlops.Storage", "mlops.storage.outbox.given_up");
        var logs = new FakeLogCollector();
        using IHost host = Build(connectionString, time, logs, hasAnother);
        await host.StartAsync();
        Database database = host.Services.GetRequiredService<Database>();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        for (int hours = 0; hours < 3 || await CountAsync(database) > 0; hours++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(20, limit.Token);
        }

        await host.StopAsync();
        CollectedMeasurement<long> counted = given.GetMeasurementSnapshot().Single(measured => (string?)measured.Tags["mlops.outbox.receiver"] == receiver);
        Assert.That((counted.Value, counted.Tags["mlops.outbox.reason"]), Is.EqualTo((3L, "unserved")));
        FakeLogRecord said = logs.GetSnapshot().Single(static log => log.Id.Id == 1009);
        Assert.That(said.Message, Does.Contain(receiver).And.Contain("3 messages").And.Not.Contain("canary"));
        Assert.That(logs.GetSnapshot().Select(static log => log.Id.Id), Has.None.EqualTo(1010));
    }

    [Test]
    public async Task A_database_without_an_outbox_is_left_as_it_is()
    {
        string connectionString = TemporaryFolder.NewDatabase();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var logs = new FakeLogCollector();
        using IHost host = Build(connectionString, time, logs, hasAnother: false);
        await host.StartAsync();
        for (int i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(5);
        }

        await host.StopAsync();
        Assert.That(logs.GetSnapshot().Where(static log => log.Level >= LogLevel.Warning), Is.Empty);
    }

    private static IHost Build(string connectionString, TimeProvider time, FakeLogCollector logs, bool hasAnother)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(new FakeLoggerProvider(logs));
        builder.Services.AddSingleton(time);
        IMlopsStorageBuilder storage = builder.Services.AddMlopsStorage().UseSqlite(connectionString);
        if (hasAnother)
        {
            storage.AddOutboxReceiver(static _ => new Deaf("another"));
        }

        return builder.Build();
    }

    private static async Task LeaveAsync(string connectionString, string receiver, TimeProvider time, int count)
    {
        await using var database = new SqliteDatabase(connectionString);
        var outbox = new Outbox(database, [new Deaf(receiver)], time);
        for (int i = 0; i < count; i++)
        {
            await database.WriteAsync((outbox, i), static (session, state) =>
            {
                state.outbox.Add(session, "topic", $"{state.i}", "canary");
                return 0;
            });
        }
    }

    private static async Task<long> CountAsync(Database database) =>
        (await database.QueryAsync("SELECT COUNT(*) FROM outbox_message", static row => row.GetInt64(0), CancellationToken.None)).Single();

    private sealed class Deaf(string name) : IOutboxReceiver
    {
        public string Name => name;

        public bool Takes(string topic) => true;

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
