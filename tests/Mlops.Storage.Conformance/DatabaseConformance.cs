using System.Data.Common;
using CsCheck;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of reads, writes and migrations.</summary>
public abstract class DatabaseConformance : EngineConformance
{
    private static readonly MigrationSet Items = new("conformance",
    [
        new Migration(1, """
            CREATE TABLE conformance_item (
                id {identity},
                name {text} NOT NULL UNIQUE,
                amount {real},
                data {blob}
            ) {table};
            CREATE INDEX conformance_item_amount ON conformance_item (amount, id);
            """),
    ]);

    private Database _database = null!;

    [SetUp]
    public void OpenDatabase() => _database = Open(Items);

    [Test]
    public async Task A_committed_write_is_read_back_with_its_types()
    {
        long id = await InsertAsync("première ☂", 0.1, [0, 255, 7]);

        List<(string, double, byte[])> rows = await _database.QueryAsync(
            "SELECT name, amount, data FROM conformance_item WHERE id = @id",
            static row => (row.GetString(0), row.GetDouble(1), row.GetFieldValue<byte[]>(2)),
            CancellationToken.None,
            ("@id", id));

        Assert.That(rows, Has.Count.EqualTo(1));
        Assert.That(rows[0].Item1, Is.EqualTo("première ☂"));
        Assert.That(rows[0].Item2, Is.EqualTo(0.1));
        Assert.That(rows[0].Item3, Is.EqualTo(new byte[] { 0, 255, 7 }));
    }

    [Test]
    public async Task A_failing_write_hurts_none_of_its_neighbours([Values] Durability durability)
    {
        Task[] writes =
        [
            .. Enumerable.Range(0, 200).Select(i => _database.WriteAsync(
                i,
                static (session, i) => i % 10 == 3
                    ? throw new InvalidOperationException($"item {i}")
                    : session.Execute("INSERT INTO conformance_item (name) VALUES (@name)", ("@name", $"n{i}")),
                durability)),
        ];
        await Task.WhenAll(writes.Select(static write => write.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.That(writes.Count(static write => write.IsFaulted), Is.EqualTo(20));
        Assert.That(writes.Where(static write => write.IsFaulted).Select(static write => write.Exception!.InnerException), Has.All.TypeOf<InvalidOperationException>());
        Assert.That(await CountAsync(), Is.EqualTo(180));
    }

    [Test]
    public async Task A_write_that_fails_half_way_leaves_nothing_behind()
    {
        Assert.That(
            async () => await _database.WriteAsync(0, static (session, _) =>
            {
                session.Execute("INSERT INTO conformance_item (name) VALUES (@name)", ("@name", "half"));
                return session.Execute("INSERT INTO conformance_nowhere (name) VALUES (@name)", ("@name", "x"));
            }),
            Throws.TypeOf<StorageException>());

        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_violated_unique_constraint_is_recognised()
    {
        await InsertAsync("same", null, null);

        StorageException? failure = await Assert.ThrowsAsync<StorageException>(async () => await InsertAsync("same", null, null));

        Assert.That(failure!.InnerException, Is.InstanceOf<DbException>());
        Assert.That(_database.Dialect.IsUniqueViolation((DbException)failure.InnerException!), Is.True);
        Assert.That(failure.IsTransient, Is.False);
    }

    [Test]
    public async Task A_cancelled_write_that_no_writer_has_taken_does_not_happen()
    {
        using var release = new ManualResetEventSlim();
        Task[] blockers = [.. Enumerable.Range(0, 8).Select(_ => _database.WriteAsync(release, static (_, release) => release.Wait(TimeSpan.FromSeconds(20))))];
        using var cancellation = new CancellationTokenSource();
        Task withdrawn = _database.WriteAsync(
            0, static (session, _) => session.Execute("INSERT INTO conformance_item (name) VALUES (@name)", ("@name", "never")), Durability.Power, cancellation.Token);
        await cancellation.CancelAsync();
        release.Set();

        Assert.That(async () => await withdrawn, Throws.InstanceOf<OperationCanceledException>());
        await Task.WhenAll(blockers);
        Assert.That(await CountAsync(), Is.Zero);
    }

    [Test]
    public async Task Text_is_ordered_by_its_utf8_bytes()
    {
        string[] names = ["b", "a", "B", "_", "é", "z", "中", "😀", "\uffee", "aa", "A"];
        foreach (string name in names)
        {
            await InsertAsync(name, null, null);
        }

        List<string> ordered = await _database.QueryAsync("SELECT name FROM conformance_item ORDER BY name", static row => row.GetString(0), CancellationToken.None);

        Assert.That(ordered, Is.EqualTo(names.OrderBy(static name => name, Comparer<string>.Create(static (a, b) =>
            System.Text.Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b))))));
    }

    [Test]
    public async Task Doubles_and_texts_survive_the_round_trip()
    {
        var cases = Gen.Select(Gen.Double.Where(double.IsFinite), Gen.String.Where(static text => !text.Contains('\0', StringComparison.Ordinal) && IsUnicode(text))).Array[100].Single();
        var expected = new Dictionary<long, (double, string)>();
        for (int i = 0; i < cases.Length; i++)
        {
            string name = $"{i}:{cases[i].Item2}";
            expected[await InsertAsync(name, cases[i].Item1, null)] = (cases[i].Item1, name);
        }

        List<(long Id, double Amount, string Name)> rows = await _database.QueryAsync(
            "SELECT id, amount, name FROM conformance_item ORDER BY id", static row => (row.GetInt64(0), row.GetDouble(1), row.GetString(2)), CancellationToken.None);

        Assert.That(rows.ToDictionary(static row => row.Id, static row => (row.Amount, row.Name)), Is.EqualTo(expected));
    }

    [Test]
    public void Text_that_the_engines_disagree_about_is_refused()
    {
        // Not test cases: an attribute cannot hold a lone surrogate.
        foreach (string text in new[] { "a\0b", "\ud800", "x\udc00y", "\ud800\ud800\udc00" })
        {
            Assert.That(() => (SqlValue)text, Throws.ArgumentException);
        }
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void A_double_that_is_not_finite_is_refused(double value) =>
        Assert.That(() => (SqlValue)value, Throws.ArgumentException);

    [Test]
    public async Task Closing_commits_what_was_queued_and_then_refuses()
    {
        Task<int>[] writes = [.. Enumerable.Range(0, 500).Select(i => _database.WriteAsync(
            i, static (session, i) => session.Execute("INSERT INTO conformance_item (name) VALUES (@name)", ("@name", $"n{i}"))))];
        await Task.Yield();
        while (_database.QueueLength == 0 && !writes[^1].IsCompleted)
        {
            await Task.Yield();
        }

        await _database.DisposeAsync();
        int acknowledged = 0;
        foreach (Task<int> write in writes)
        {
            try
            {
                acknowledged += await write;
            }
            catch (ObjectDisposedException)
            {
                // Not queued yet when the database closed: refused, hence not stored.
            }
        }

        Assert.That(async () => await InsertAsync("late", null, null), Throws.TypeOf<ObjectDisposedException>());
        _database = Open(Items);
        Assert.That(await CountAsync(), Is.EqualTo(acknowledged));
    }

    [Test]
    public void A_signal_is_heard_on_its_channel_until_the_subscription_ends_and_a_callback_that_throws_harms_nobody()
    {
        List<string> heard = [];
        using IDisposable throws = _database.OnSignal("a", static () => throw new InvalidOperationException("foreign"));
        IDisposable a = _database.OnSignal("a", () => Add("a"));
        using IDisposable b = _database.OnSignal("b", () => Add("b"));
        _database.Signal("a");
        _database.Signal("b");
        a.Dispose();
        _database.Signal("a");

        // An engine that has just begun to listen says so on every channel, from a thread of its own.
        string[] told;
        lock (heard)
        {
            told = [.. heard];
        }

        Assert.That(told.Count(static channel => channel == "a"), Is.InRange(1, 2));
        Assert.That(told, Does.Contain("b"));
        Assert.That(() => _database.Signal(""), Throws.ArgumentException);

        void Add(string channel)
        {
            lock (heard)
            {
                heard.Add(channel);
            }
        }
    }

    private static bool IsUnicode(string text)
    {
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetByteCount(text) >= 0;
        }
        catch (System.Text.EncoderFallbackException)
        {
            return false;
        }
    }

    private Task<long> InsertAsync(string name, double? amount, byte[]? data) => _database.WriteAsync(
        (name, amount, data),
        static (session, row) => session.QueryFirst(
            "INSERT INTO conformance_item (name, amount, data) VALUES (@name, @amount, @data) RETURNING id",
            static reader => reader.GetInt64(0),
            ("@name", row.name), ("@amount", row.amount), ("@data", row.data)));

    private async Task<long> CountAsync() =>
        (await _database.QueryAsync("SELECT count(*) FROM conformance_item", static row => row.GetInt64(0), CancellationToken.None))[0];
}
