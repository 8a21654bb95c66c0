using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of the outbox.</summary>
public abstract class OutboxConformance : EngineConformance
{
    private Database _database = null!;

    [SetUp]
    public void OpenDatabase() => _database = Open();

    [Test]
    public async Task Each_receiver_hears_of_its_topics_in_order()
    {
        var all = new Receiver("all", static _ => true);
        var evens = new Receiver("evens", static topic => topic == "even");
        var outbox = new Outbox(_database, [all, evens]);
        await using Relay relay = await Relay.StartAsync(outbox, _database);

        for (int i = 0; i < 100; i++)
        {
            await WriteAsync(outbox, i % 2 == 0 ? "even" : "odd", i);
        }

        outbox.Signal();
        await all.WaitForAsync(100);
        await evens.WaitForAsync(50);

        Assert.That(all.Heard, Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That(evens.Heard, Is.EqualTo(Enumerable.Range(0, 50).Select(static i => 2 * i)));
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task What_is_rolled_back_is_told_to_nobody()
    {
        var receiver = new Receiver("r", static _ => true);
        var outbox = new Outbox(_database, [receiver]);
        await using Relay relay = await Relay.StartAsync(outbox, _database);

        Assert.That(
            async () => await _database.WriteAsync(outbox, static int (session, outbox) =>
            {
                outbox.Add(session, "topic", "1", "1");
                throw new InvalidOperationException("rolled back");
            }),
            Throws.InvalidOperationException);
        await WriteAsync(outbox, "topic", 2);
        outbox.Signal();
        await receiver.WaitForAsync(1);

        Assert.That(receiver.Heard, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task A_receiver_that_fails_is_told_again_in_order_and_holds_up_nobody()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow) { AutoAdvanceAmount = TimeSpan.FromSeconds(1) };
        var shaky = new Receiver("shaky", static _ => true) { Failures = 3 };
        var steady = new Receiver("steady", static _ => true);
        var outbox = new Outbox(_database, [shaky, steady], time);
        for (int i = 0; i < 5; i++)
        {
            await WriteAsync(outbox, "topic", i);
        }

        await using Relay relay = await Relay.StartAsync(outbox, _database);
        await steady.WaitForAsync(5);
        Assert.That(shaky.Heard, Is.Empty);

        await AdvanceUntilAsync(time, () => shaky.Heard.Count == 5);
        Assert.That(shaky.Heard, Is.EqualTo(Enumerable.Range(0, 5)));
    }

    [Test]
    public async Task What_is_rejected_or_a_day_old_is_given_up()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var receiver = new Receiver("r", static _ => true) { Rejected = 1, Failures = int.MaxValue };
        var outbox = new Outbox(_database, [receiver], time);
        await WriteAsync(outbox, "topic", 0);
        time.Advance(TimeSpan.FromDays(1));
        receiver.FailsOnly = 0;
        await WriteAsync(outbox, "topic", 1);
        await WriteAsync(outbox, "topic", 2);

        await using Relay relay = await Relay.StartAsync(outbox, _database);
        await receiver.WaitForAsync(1);

        Assert.That(receiver.Heard, Is.EqualTo(new[] { 2 }));
        await AdvanceUntilAsync(time, () => CountAsync().GetAwaiter().GetResult() == 0);
    }

    [Test]
    public async Task Two_relays_send_each_message_once()
    {
        var first = new Receiver("r", static _ => true);
        var second = new Receiver("r", static _ => true);
        var one = new Outbox(_database, [first]);
        var two = new Outbox(_database, [second]);
        await using Relay relay = await Relay.StartAsync(one, _database);
        await using Relay other = await Relay.StartAsync(two, _database);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => WriteAsync(i % 2 == 0 ? one : two, "topic", i)));
        one.Signal();
        two.Signal();
        await Receiver.WaitForAsync(200, first, second);

        Assert.That(first.Heard.Concat(second.Heard), Is.EquivalentTo(Enumerable.Range(0, 200)));
    }

    [Test]
    public async Task What_was_not_sent_waits_for_the_next_relay()
    {
        var outbox = new Outbox(_database, [new Receiver("r", static _ => true)]);
        await WriteAsync(outbox, "topic", 7);

        var later = new Receiver("r", static _ => true);
        await using Relay relay = await Relay.StartAsync(new Outbox(_database, [later]), _database);
        await later.WaitForAsync(1);

        Assert.That(later.Heard, Is.EqualTo(new[] { 7 }));
    }

    [Test]
    public async Task Nothing_is_written_where_nobody_listens()
    {
        var outbox = new Outbox(_database, [new Receiver("r", static topic => topic == "other")]);

        await WriteAsync(outbox, "topic", 1);

        Assert.That(outbox.IsHeard("topic"), Is.False);
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public void Receivers_of_one_name_and_payloads_beyond_a_mebibyte_are_refused()
    {
        Assert.That(() => new Outbox(_database, [new Receiver("r", static _ => true), new Receiver("r", static _ => true)]), Throws.ArgumentException.With.Message.Contains("'r'"));
        var outbox = new Outbox(_database, [new Receiver("r", static _ => true)]);
        Assert.That(
            async () => await _database.WriteAsync(outbox, static (session, outbox) =>
            {
                outbox.Add(session, "topic", "1", new string('x', (1 << 20) + 1));
                return 0;
            }),
            Throws.ArgumentException.With.Message.Contains("1048576"));
    }

    private Task<int> WriteAsync(Outbox outbox, string topic, int number) => _database.WriteAsync(
        (outbox, topic, number),
        static (session, state) =>
        {
            string text = state.number.ToString(CultureInfo.InvariantCulture);
            state.outbox.Add(session, state.topic, text, text);
            return 0;
        });

    private async Task<long> CountAsync() =>
        (await _database.QueryAsync("SELECT count(*) FROM outbox_message", static row => row.GetInt64(0), CancellationToken.None)).Single();

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> done)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!done())
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, limit.Token);
        }
    }

    private sealed class Relay : IAsyncDisposable
    {
        private readonly OutboxRelay _relay;

        private Relay(OutboxRelay relay) => _relay = relay;

        public static async Task<Relay> StartAsync(Outbox outbox, Database database)
        {
            var relay = new OutboxRelay(outbox, new LeaseTable(database));
            await relay.StartAsync(CancellationToken.None);
            return new Relay(relay);
        }

        public async ValueTask DisposeAsync()
        {
            await _relay.StopAsync(CancellationToken.None);
            _relay.Dispose();
        }
    }

    private sealed class Receiver(string name, Predicate<string> takes) : IOutboxReceiver
    {
        public string Name => name;

        public int Failures { get; set; }

        public int? FailsOnly { get; set; }

        public int? Rejected { get; init; }

        public ConcurrentQueue<int> Heard { get; } = new();

        public static async Task WaitForAsync(int count, params Receiver[] receivers)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (receivers.Sum(static receiver => receiver.Heard.Count) < count)
            {
                await Task.Delay(5, limit.Token);
            }
        }

        public Task WaitForAsync(int count) => WaitForAsync(count, this);

        public bool Takes(string topic) => takes(topic);

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
        {
            int number = int.Parse(Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture);
            if (number == Rejected)
            {
                throw new OutboxRejectedException("never");
            }

            if (Failures > 0 && (FailsOnly ?? number) == number)
            {
                Failures--;
                throw new InvalidOperationException("not now");
            }

            Heard.Enqueue(number);
            return Task.CompletedTask;
        }
    }
}
