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

        await using Relay relay = await Relay.StartAsync(outbox, _database, waits: time);
        await steady.WaitForAsync(5);
        Assert.That(shaky.Heard, Is.Empty);

        await AdvanceUntilAsync(time, () => shaky.Heard.Count == 5);
        Assert.That(shaky.Heard, Is.EqualTo(Enumerable.Range(0, 5)));
    }

    /// <summary>The clock of messages is the host's, which a test or a simulation may stop; what waits is the machine.</summary>
    [Test]
    public async Task Under_a_clock_that_stands_still_messages_are_found_and_failed_ones_are_sent_again()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var shaky = new Receiver("r", static _ => true) { Failures = 1 };
        var outbox = new Outbox(_database, [shaky], time);
        await WriteAsync(outbox, "topic", 0);
        await using Relay relay = await Relay.StartAsync(outbox, _database);
        await shaky.WaitForAsync(1);

        // Written through another outbox: this process's relay has no signal of it.
        await WriteAsync(new Outbox(_database, [new Receiver("r", static _ => true)], time), "topic", 1);
        await shaky.WaitForAsync(2);

        Assert.That(shaky.Heard, Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public async Task A_relay_that_met_a_failure_nobody_foresaw_goes_on_after_a_while()
    {
        var time = new FakeTimeProvider();
        var clock = new FailingClock { Failures = 2 };
        var receiver = new Receiver("r", static _ => true);
        var outbox = new Outbox(_database, [receiver]);
        await WriteAsync(outbox, "topic", 7);

        await using Relay relay = await Relay.StartAsync(outbox, _database, clock, time);
        await AdvanceUntilAsync(time, () => !receiver.Heard.IsEmpty);

        Assert.That(receiver.Heard, Is.EqualTo(new[] { 7 }));
        Assert.That(clock.Failures, Is.LessThanOrEqualTo(0), "nothing failed");
    }

    /// <summary>The first one's own clock stands still, so that it renews nothing.</summary>
    [Test]
    public async Task The_right_to_send_outlives_a_process_by_what_the_options_say_and_others_look_for_it_every_third()
    {
        var clock = new SettableClock();
        clock.Set(1);
        Database database = Open(new DatabaseOptions { OutboxLeaseDuration = TimeSpan.FromSeconds(6) });
        var outbox = new Outbox(database, [new Receiver("r", static _ => true)]);
        await using Relay first = await Relay.StartAsync(outbox, database, clock, new FakeTimeProvider());
        await WaitForLeaseAsync(6_000_001);
        var time = new CountingTime();
        Task looked = time.NextTimer();
        await using Relay second = await Relay.StartAsync(outbox, database, clock, time);
        await looked.WaitAsync(TimeSpan.FromSeconds(30));

        clock.Advance(TimeSpan.FromSeconds(6));
        time.Advance(TimeSpan.FromSeconds(2));
        await WaitForLeaseAsync(12_000_001);

        async Task WaitForLeaseAsync(long until)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!(await database.QueryAsync("SELECT until FROM mlops_lease WHERE name = 'outbox/r'", static row => row.GetInt64(0), limit.Token)).Contains(until))
            {
                await Task.Delay(5, limit.Token);
            }
        }
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
        await AdvanceUntilAsync(time, async () => await CountAsync() == 0);
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
    public async Task A_receiver_that_says_when_to_come_again_is_left_alone_until_then()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var receiver = new Busy("r", TimeSpan.FromMinutes(10), time);
        var outbox = new Outbox(_database, [receiver], time);
        await WriteAsync(outbox, "topic", 1);

        await using Relay relay = await Relay.StartAsync(outbox, _database, waits: time);
        await AdvanceUntilAsync(time, () => receiver.Asked.Count == 2, TimeSpan.FromSeconds(20));

        DateTimeOffset[] asked = [.. receiver.Asked];
        Assert.That(asked[1] - asked[0], Is.GreaterThanOrEqualTo(TimeSpan.FromMinutes(10)));
        await AdvanceUntilAsync(time, async () => await CountAsync() == 0);
    }

    [Test]
    public async Task A_receiver_that_asks_for_years_keeps_a_message_for_a_day()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var receiver = new Busy("r", TimeSpan.FromDays(3_000), time) { Times = int.MaxValue };
        var outbox = new Outbox(_database, [receiver], time);
        await WriteAsync(outbox, "topic", 1);

        // Two clocks, so that the message has no age before it is refused.
        var waits = new CountingTime();
        Task<TimeSpan> wait = waits.NextTimer();
        await using Relay relay = await Relay.StartAsync(outbox, _database, waits: waits);
        Assert.That(await wait.WaitAsync(TimeSpan.FromSeconds(30)), Is.EqualTo(TimeSpan.FromDays(1)));
        time.Advance(TimeSpan.FromDays(1));
        waits.Advance(TimeSpan.FromDays(1));
        await AdvanceUntilAsync(time, async () => await CountAsync() == 0);

        DateTimeOffset[] asked = [.. receiver.Asked];
        Assert.That(asked, Has.Length.EqualTo(2));
        Assert.That(asked[1] - asked[0], Is.GreaterThanOrEqualTo(TimeSpan.FromDays(1)));
    }

    /// <summary>Between the claim and the end of the sending, the lease passes to another process.</summary>
    [Test]
    public async Task A_relay_that_lost_its_lease_while_it_sent_leaves_the_rest_to_the_other_and_nothing_is_lost()
    {
        var clock = new SettableClock();
        clock.Set(1);
        var slow = new Slow("r");
        var outbox = new Outbox(_database, [slow]);
        for (int i = 0; i < 5; i++)
        {
            await WriteAsync(outbox, "topic", i);
        }

        await using Relay first = await Relay.StartAsync(outbox, _database, clock);
        await slow.Began;
        Assert.That(await new LeaseTable(_database, clock).TryAcquireAsync("outbox/r", "another", TimeSpan.FromSeconds(30)), Is.Null, "while the first holds it, no second claims");

        clock.Advance(TimeSpan.FromMinutes(1));
        var other = new Receiver("r", static _ => true);
        await using Relay second = await Relay.StartAsync(new Outbox(_database, [other]), _database, clock);
        await other.WaitForAsync(5);
        slow.Go();
        await slow.Ended;
        await WriteAsync(outbox, "topic", 5);
        await other.WaitForAsync(6);

        Assert.That(other.Heard, Is.EqualTo(Enumerable.Range(0, 6)), "at least once, in order");
        Assert.That(slow.Heard, Is.EqualTo(new[] { 0 }), "only what was under way");
    }

    /// <summary>Its own clock stands still, so that it learns of the loss from the database alone.</summary>
    [Test]
    public async Task A_relay_that_lost_its_lease_while_it_was_idle_claims_and_sends_nothing()
    {
        var clock = new SettableClock();
        clock.Set(1);
        var time = new CountingTime();
        var receiver = new Receiver("r", static _ => true);
        var outbox = new Outbox(_database, [receiver]);
        await WriteAsync(outbox, "topic", 0);
        await using Relay relay = await Relay.StartAsync(outbox, _database, clock, time);
        await receiver.WaitForAsync(1);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await CountAsync() > 0)
        {
            await Task.Delay(5, limit.Token);
        }

        Task waitsForTheLease = time.NextTimer();

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await new LeaseTable(_database, clock).TryAcquireAsync("outbox/r", "another", TimeSpan.FromSeconds(30)), Is.Not.Null);
        await WriteAsync(outbox, "topic", 1);
        outbox.Signal();
        await await Task.WhenAny(receiver.WaitForAsync(2), waitsForTheLease).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(receiver.Heard, Is.EqualTo(new[] { 0 }));
        Assert.That(
            await _database.QueryAsync("SELECT id, claims FROM outbox_message", static row => (row.GetString(0), row.GetInt64(1)), CancellationToken.None),
            Is.EqualTo(new[] { ("1", 0L) }));
    }

    [Test]
    public async Task Messages_are_claimed_at_Power_before_the_first_of_them_is_sent()
    {
        CommitRecorder? recorder = null;
        List<long> commits = [];
        var receiver = new Receiver("r", static _ => true) { OnReceive = () => commits.Add(recorder!.Power) };
        var outbox = new Outbox(_database, [receiver]);
        await WriteAsync(outbox, "topic", 0);
        await WriteAsync(outbox, "topic", 1);
        using (recorder = CommitRecorder.Listen())
        {
            await using Relay relay = await Relay.StartAsync(outbox, _database);
            await receiver.WaitForAsync(2);
            await WriteAsync(outbox, "topic", 2);
            outbox.Signal();
            await receiver.WaitForAsync(3);
        }

        Assert.That(commits, Is.EqualTo(new[] { 1L, 1, 2 }));
    }

    [Test]
    public async Task A_message_that_was_sent_under_a_lost_lease_is_not_sent_again_where_nobody_was_quicker()
    {
        var clock = new SettableClock();
        clock.Set(1);
        var slow = new Slow("r");
        var outbox = new Outbox(_database, [slow]);
        await WriteAsync(outbox, "topic", 0);
        await WriteAsync(outbox, "topic", 1);

        await using Relay first = await Relay.StartAsync(outbox, _database, clock);
        await slow.Began;
        clock.Advance(TimeSpan.FromMinutes(1));
        var leases = new LeaseTable(_database, clock);
        Lease? stolen = await leases.TryAcquireAsync("outbox/r", "another", TimeSpan.FromSeconds(30));
        Assert.That(stolen, Is.Not.Null);
        slow.Go();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await CountAsync() == 2)
        {
            await Task.Delay(5, limit.Token);
        }

        await leases.ReleaseAsync(stolen!);
        var other = new Receiver("r", static _ => true);
        await using Relay second = await Relay.StartAsync(new Outbox(_database, [other]), _database, clock);
        await other.WaitForAsync(1);

        Assert.That(other.Heard, Is.EqualTo(new[] { 1 }));
        Assert.That(slow.Heard, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public async Task What_waits_for_a_receiver_that_nobody_has_is_given_up_after_a_week()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var gone = new Outbox(_database, [new Receiver("gone", static _ => true), new Receiver("elsewhere", static _ => true), new Receiver("here", static _ => true)], time);
        await WriteAsync(gone, "topic", 0);
        time.Advance(TimeSpan.FromDays(6));
        await WriteAsync(new Outbox(_database, [new Receiver("gone", static _ => true)], time), "topic", 1);
        time.Advance(TimeSpan.FromDays(2));
        var leases = new LeaseTable(_database);
        await leases.TryAcquireAsync("outbox/elsewhere", "another process", TimeSpan.FromHours(1));
        var here = new Receiver("here", static _ => true);

        await using Relay relay = await Relay.StartAsync(new Outbox(_database, [here], time), _database);
        await here.WaitForAsync(1);
        await AdvanceUntilAsync(time, async () => await CountAsync() <= 2, TimeSpan.FromMinutes(10));

        Assert.That(
            await _database.QueryAsync("SELECT receiver, id FROM outbox_message ORDER BY message", static row => (row.GetString(0), row.GetString(1)), CancellationToken.None),
            Is.EqualTo(new[] { ("elsewhere", "0"), ("gone", "1") }), "another serves the one, the other is not a week old");
        Assert.That(here.Heard, Is.EqualTo(new[] { 0 }), "however old, it is tried once");
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

    private static Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> done, TimeSpan? step = null) =>
        AdvanceUntilAsync(time, () => Task.FromResult(done()), step);

    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Func<Task<bool>> done, TimeSpan? step = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await done())
        {
            time.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(5, limit.Token);
        }
    }

    private sealed class Relay : IAsyncDisposable
    {
        private readonly OutboxRelay _relay;

        private Relay(OutboxRelay relay) => _relay = relay;

        public static async Task<Relay> StartAsync(Outbox outbox, Database database, ILeaseClock? clock = null, TimeProvider? time = null, TimeProvider? waits = null)
        {
            var relay = new OutboxRelay(outbox, new LeaseTable(database, clock, time), waits ?? TimeProvider.System);
            await relay.StartAsync(CancellationToken.None);
            return new Relay(relay);
        }

        public async ValueTask DisposeAsync()
        {
            await _relay.StopAsync(CancellationToken.None);
            _relay.Dispose();
        }
    }

    /// <summary>Stands still, and says when somebody begins to wait.</summary>
    private sealed class CountingTime : FakeTimeProvider
    {
        private TaskCompletionSource<TimeSpan> _timer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When the next wait begins, and for how long.</summary>
        public Task<TimeSpan> NextTimer()
        {
            var next = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _timer, next);
            return next.Task;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Volatile.Read(ref _timer).TrySetResult(dueTime);
            return timer;
        }
    }

    /// <summary>Does not take the first message now, and says for how long.</summary>
    private sealed class Busy(string name, TimeSpan wait, TimeProvider time) : IOutboxReceiver
    {
        public string Name => name;

        public int Times { get; init; } = 1;

        public ConcurrentQueue<DateTimeOffset> Asked { get; } = new();

        public bool Takes(string topic) => true;

        public Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
        {
            Asked.Enqueue(time.GetUtcNow());
            return Asked.Count > Times ? Task.CompletedTask : throw new OutboxDeferredException("busy", wait);
        }
    }

    /// <summary>Sends when it is told to, whatever becomes of its lease meanwhile.</summary>
    private sealed class Slow(string name) : IOutboxReceiver
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => name;

        public Task Began => _began.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public Task Ended => _ended.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public ConcurrentQueue<int> Heard { get; } = new();

        public void Go() => _go.TrySetResult();

        public bool Takes(string topic) => true;

        public async Task ReceiveAsync(OutboxMessage message, CancellationToken cancellationToken = default)
        {
            _began.TrySetResult();
            await _go.Task;
            Heard.Enqueue(int.Parse(Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture));
            _ended.TrySetResult();
        }
    }

    private sealed class Receiver(string name, Predicate<string> takes) : IOutboxReceiver
    {
        public string Name => name;

        public int Failures { get; set; }

        public int? FailsOnly { get; set; }

        public int? Rejected { get; init; }

        public Action OnReceive { get; init; } = static () => { };

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
            OnReceive();
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

    /// <summary>Cannot be read the first times.</summary>
    private sealed class FailingClock : ILeaseClock
    {
        private int _failures;

        public int Failures
        {
            get => Volatile.Read(ref _failures);
            init => _failures = value;
        }

        public long Read(SqlSession session) => Interlocked.Decrement(ref _failures) >= 0 ? throw new InvalidOperationException("No time.") : 1_000_000;
    }
}
