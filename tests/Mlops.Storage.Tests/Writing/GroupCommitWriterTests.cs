using Microsoft.Extensions.Time.Testing;

namespace Mlops.Storage.Tests;

/// <summary>How long a writer holds the lock, when it stays off it, and what overtakes; on a clock that only the items move.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class GroupCommitWriterTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(4);

    private readonly FakeTimeProvider _time = new();
    private readonly WriteQueue _queue = new(1_000);
    private readonly List<string> _log = [];
    private readonly FakeWriterConnection _connection;
    private int _open;

    public GroupCommitWriterTests() => _connection = new FakeWriterConnection(_log);

    public void Dispose() => _connection.Dispose();

    [Test]
    public async Task A_group_closes_after_ten_milliseconds_and_the_writer_stays_off_for_two()
    {
        await EnqueueAsync(Enumerable.Range(1, 7).Select(i => Item($"{i}")));

        Assert.That(await RunAsync(yields: true), Is.EqualTo(
            "begin Process, 1, 2, 3, commit, sleep 2, begin Process, 4, 5, 6, commit, sleep 2, begin Process, 7, commit"));
    }

    [Test]
    public async Task Where_writers_do_not_lock_each_other_out_groups_close_alike_and_nobody_stays_off()
    {
        await EnqueueAsync(Enumerable.Range(1, 7).Select(i => Item($"{i}")));

        Assert.That(await RunAsync(yields: false), Is.EqualTo(
            "begin Process, 1, 2, 3, commit, begin Process, 4, 5, 6, commit, begin Process, 7, commit"));
    }

    [Test]
    public async Task Commits_without_a_gap_between_them_count_as_one_hold()
    {
        // The demanding item opens a group of its own, and takes what is left of the ten milliseconds.
        await EnqueueAsync([Item("1"), Item("2", Durability.Power), Item("3"), Item("4"), Item("5")]);

        Assert.That(await RunAsync(yields: true), Is.EqualTo(
            "begin Process, 1, commit, begin Power, 2, 3, commit, sleep 2, begin Process, 4, 5, commit"));
    }

    [TestCase(999, "sleep 2, ")]
    [TestCase(1_000, "")]
    public async Task After_a_gap_of_a_millisecond_others_had_their_turn(int microseconds, string slept)
    {
        await EnqueueAsync([Item("1"), Item("2"), Item("3", gap: TimeSpan.FromMicroseconds(microseconds)), Item("4")]);

        Assert.That(await RunAsync(yields: true), Is.EqualTo($"begin Process, 1, 2, 3, commit, {slept}begin Process, 4, commit"));
    }

    [Test]
    public async Task A_group_that_is_rolled_back_has_held_the_lock_too()
    {
        _connection.RefusedCommits = 1;
        await EnqueueAsync(Enumerable.Range(1, 4).Select(i => Item($"{i}")));

        Assert.That(await RunAsync(yields: true), Is.EqualTo(
            "begin Process, 1, 2, 3, rollback, sleep 2, begin Process, 1, commit, begin Process, 2, commit, begin Process, 3, commit, sleep 2, begin Process, 4, commit"));
    }

    [Test]
    public async Task An_urgent_item_overtakes_what_waits_also_within_a_group()
    {
        await EnqueueAsync([Item("1", during: () => EnqueueUrgent("urgent 1")), Item("2", during: () => EnqueueUrgent("urgent 2")), Item("3"), Item("4")]);
        EnqueueUrgent("urgent 0");

        Assert.That(await RunAsync(yields: true), Is.EqualTo(
            "begin Process, urgent 0, 1, urgent 1, commit, sleep 2, begin Process, 2, urgent 2, 3, commit, sleep 2, begin Process, 4, commit"));
    }

    [Test]
    public async Task An_urgent_item_overtakes_the_rest_of_a_group_that_is_run_one_by_one()
    {
        _connection.RefusedCommits = 1;
        bool first = true;
        await EnqueueAsync([Item("1"), Item("2", during: Once), Item("3")]);

        Assert.That(await RunAsync(yields: false), Is.EqualTo(
            "begin Process, 1, 2, urgent, rollback, begin Process, 1, commit, begin Process, 2, commit, begin Process, later, commit, begin Process, urgent, commit, begin Process, 3, commit"));

        // In the group it is taken along; in the repetition a further one arrives while the second item runs alone.
        void Once()
        {
            EnqueueUrgent(first ? "urgent" : "later");
            first = false;
        }
    }

    [Test]
    public async Task An_urgent_item_finds_room_in_a_full_queue()
    {
        var queue = new WriteQueue(1);
        await queue.EnqueueAsync(Item("1"), urgent: false, CancellationToken.None);
        Task second = queue.EnqueueAsync(Item("2"), urgent: false, CancellationToken.None).AsTask();
        Task urgent = queue.EnqueueAsync(Item("urgent"), urgent: true, CancellationToken.None).AsTask();

        Assert.That((second.IsCompleted, urgent.IsCompletedSuccessfully, queue.Count), Is.EqualTo((false, true, 2)));
        Assert.That(queue.TryTakeUrgent(out _), Is.True);
        Assert.That(queue.TryTakeUrgent(out _), Is.False);
        Assert.That(queue.TryTake(Durability.Process, out _), Is.True);
        await second;
    }

    /// <summary>An item that takes four milliseconds, then does what else is asked; the gap passes after its commit.</summary>
    private TimedItem Item(string name, Durability durability = Durability.Process, TimeSpan gap = default, Action? during = null)
    {
        _open++;
        return new TimedItem(
            durability,
            () =>
            {
                _time.Advance(Step);
                _log.Add(name);
                during?.Invoke();
            },
            () =>
            {
                _time.Advance(gap);
                if (--_open == 0)
                {
                    _queue.Close();
                }
            });
    }

    private async Task EnqueueAsync(IEnumerable<WriteItem> items)
    {
        foreach (WriteItem item in items)
        {
            await _queue.EnqueueAsync(item, urgent: false, CancellationToken.None);
        }
    }

    private void EnqueueUrgent(string name) => _queue.EnqueueAsync(Item(name), urgent: true, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Runs what the queue holds to its end on the writer's own thread and returns what happened.</summary>
    private async Task<string> RunAsync(bool yields)
    {
        var writer = new GroupCommitWriter(
            _queue, () => _connection, _connection.Session.Dialect, yields, "tested", _time, slept => _log.Add($"sleep {slept.TotalMilliseconds}"));
        writer.Start();
        await writer.Stopped;
        return string.Join(", ", _log);
    }

    private sealed class TimedItem(Durability durability, Action run, Action ended) : WriteItem(durability)
    {
        public override void Execute(SqlSession session) => run();

        public override void Complete() => ended();

        public override void Fail(Exception exception) => ended();
    }
}
