using System.Data.Common;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of writes that share commits.</summary>
public abstract class WritingConformance : EngineConformance
{
    private static readonly MigrationSet Items = new("written",
    [
        new Migration(1, "CREATE TABLE written_item (id {int} NOT NULL PRIMARY KEY, name {text}, amount {int} NOT NULL) {keyed};"),
    ]);

    [Test]
    public async Task What_a_failing_write_saw_of_its_neighbours_is_replayed_in_their_order()
    {
        Database database = Open(Items);
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release);

        // The second write can only succeed after the first, and the third undoes itself.
        Task<int> insert = AddAsync(database, 1, "a");
        Task<int> update = database.WriteAsync(0, static (session, _) => session.Execute("UPDATE written_item SET amount = 5 WHERE id = 1"));
        Task<int> failing = database.WriteAsync(0, static int (session, _) =>
        {
            session.Execute("UPDATE written_item SET amount = 9 WHERE id = 1");
            throw new InvalidOperationException("not this one");
        });
        release.Set();
        await Task.WhenAll(blockers);

        Assert.That(await insert, Is.EqualTo(1));
        await update;
        Assert.That(async () => await failing, Throws.InvalidOperationException);
        Assert.That(await QueryAsync(database, "SELECT amount FROM written_item WHERE id = 1"), Is.Not.EqualTo(new long[] { 9 }));
    }

    [Test]
    public async Task A_write_that_swallows_a_failed_statement_fails_and_leaves_nothing()
    {
        Database database = Open(Items);
        await AddAsync(database, 1, "a");

        Task<int>[] writes =
        [
            .. Enumerable.Range(10, 40).Select(i => i % 8 == 0
                ? database.WriteAsync(i, static (session, i) =>
                {
                    session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", i));
                    try
                    {
                        return session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", 1));
                    }
                    catch (DbException)
                    {
                        return 0;
                    }
                })
                : AddAsync(database, i, "b")),
        ];
        foreach (Task<int> write in writes)
        {
            await write.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        Assert.That(writes.Count(static write => write.IsFaulted), Is.EqualTo(5));
        Assert.That(writes.Where(static write => write.IsFaulted).Select(static write => write.Exception!.InnerException), Is.All.TypeOf<StorageException>());
        Assert.That(await QueryAsync(database, "SELECT count(*) FROM written_item"), Is.EqualTo(new long[] { 36 }));
    }

    [Test]
    public async Task Writes_that_lock_rows_in_opposite_orders_all_succeed()
    {
        Database[] databases = [Open(Items), Open(Items)];
        await AddAsync(databases[0], 1, "a");
        await AddAsync(databases[0], 2, "b");

        await Task.WhenAll(Enumerable.Range(0, 48).Select(i => databases[i % 2].WriteAsync(i, static (session, i) =>
        {
            session.Execute("UPDATE written_item SET amount = amount + 1 WHERE id = @id", ("@id", 1 + (i / 2 % 2)));
            return session.Execute("UPDATE written_item SET amount = amount + 1 WHERE id = @id", ("@id", 2 - (i / 2 % 2)));
        })));

        Assert.That(await QueryAsync(databases[0], "SELECT amount FROM written_item ORDER BY id"), Is.EqualTo(new long[] { 48, 48 }));
    }

    [Test]
    public async Task Callers_wait_when_the_queue_is_full()
    {
        Database database = Open(new DatabaseOptions { QueueCapacity = 4 }, Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release, count: 4);
        Task<int>[] writes = [.. Enumerable.Range(0, 50).Select(i => AddAsync(database, i, "x"))];
        Assert.That(database.QueueLength, Is.LessThanOrEqualTo(4));
        release.Set();
        await Task.WhenAll(blockers);

        Assert.That((await Task.WhenAll(writes)).Sum(), Is.EqualTo(50));
    }

    [Test]
    public async Task Closing_answers_every_caller_also_those_that_waited_for_the_full_queue()
    {
        Database database = Open(new DatabaseOptions { QueueCapacity = 1 }, Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release, count: 1);
        Task<int>[] writes = [.. Enumerable.Range(0, 50).Select(i => AddAsync(database, i, "x"))];
        Task closing = database.DisposeAsync().AsTask();
        release.Set();
        await closing;

        await Task.WhenAll(blockers);
        int acknowledged = 0;
        foreach (Task<int> write in writes)
        {
            try
            {
                acknowledged += await write;
            }
            catch (ObjectDisposedException)
            {
                // Refused, so not stored.
            }
        }

        Assert.That(await QueryAsync(Open(Items), "SELECT count(*) FROM written_item"), Is.EqualTo(new long[] { acknowledged }));
    }

    [Test]
    public async Task A_write_runs_in_a_transaction_that_began_at_its_level()
    {
        Database database = Open(Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release);

        // What waits is committed in few groups; each demanding write must end one that is less durable and begin another.
        Durability[] asked = [.. Enumerable.Range(0, 120).Select(static i => i % 7 == 6 ? Durability.Power : Durability.Process)];
        Task<Durability>[] writes = [.. asked.Select((level, i) => database.WriteAsync(
            (Engine, i),
            static (session, state) =>
            {
                session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", state.i));
                return state.Engine.ReadDurability(session);
            },
            level))];
        release.Set();
        await Task.WhenAll(blockers);

        Durability[] seen = await Task.WhenAll(writes);
        Assert.That(seen.Where((level, i) => level < asked[i]), Is.Empty);
        Assert.That(seen, Has.Some.EqualTo(Durability.Process), "everything was committed at the demanding level, which nobody asked for");
    }

    [Test]
    public async Task A_group_that_is_committed_again_without_a_failed_write_keeps_its_most_demanding_level()
    {
        Database database = Open(Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release);

        List<Task<Durability>> demanding = [];
        List<Task> failing = [];
        for (int i = 0; i < 40; i++)
        {
            demanding.Add(ReadAsync(Durability.Power));
            _ = ReadAsync(Durability.Process);
            failing.Add(database.WriteAsync<int, int>(0, static (_, _) => throw new InvalidOperationException("no"), Durability.Process));
        }

        release.Set();
        await Task.WhenAll(blockers);
        foreach (Task write in failing)
            Assert.That(async () => await write, Throws.InvalidOperationException);
        Assert.That(await Task.WhenAll(demanding), Has.All.EqualTo(Durability.Power));

        Task<Durability> ReadAsync(Durability level) =>
            database.WriteAsync(Engine, static (session, engine) => engine.ReadDurability(session), level);
    }

    [Test]
    public async Task A_cancelled_write_that_a_writer_has_taken_happens_and_is_awaited()
    {
        Database database = Open(Items);
        await database.OpenAsync();
        using var taken = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        Task<int> write = database.WriteAsync(
            (taken, release),
            static (session, state) =>
            {
                state.taken.Set();
                state.release.Wait(TimeSpan.FromSeconds(60));
                return session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", 1));
            },
            Durability.Process,
            cancellation.Token);
        taken.Wait();
        await cancellation.CancelAsync();
        Assert.That(write.IsCompleted, Is.False);
        release.Set();

        Assert.That(await write, Is.EqualTo(1));
        Assert.That(await QueryAsync(database, "SELECT id FROM written_item"), Is.EqualTo(new long[] { 1 }));
    }

    [Test]
    public async Task A_caller_s_code_never_runs_on_a_writer_s_thread()
    {
        Database database = Open(Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release);
        Task<string?>[] continuations =
        [
            .. Enumerable.Range(0, 20).Select(i => database.WriteAsync(
                i,
                static (session, i) => i % 5 == 4
                    ? throw new InvalidOperationException("not this one")
                    : session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", i)))
                .ContinueWith(static _ => Thread.CurrentThread.Name, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)),
        ];
        release.Set();
        await Task.WhenAll(blockers);

        Assert.That(await Task.WhenAll(continuations), Has.None.Contains("writer"));
    }

    [Test]
    public async Task A_replayed_write_publishes_the_result_of_the_run_that_was_committed()
    {
        Database database = Open(Items);
        await database.OpenAsync();
        using var release = new ManualResetEventSlim();
        Task[] blockers = Block(database, release);
        Task<long>[] writes =
        [
            .. Enumerable.Range(0, 60).Select(i => database.WriteAsync(i, static (session, i) =>
            {
                session.Execute("INSERT INTO written_item (id, amount) VALUES (@id, 0)", ("@id", i));
                if (i % 6 == 5)
                {
                    throw new InvalidOperationException("not this one");
                }

                // Numbers the rows under a lock: a number of a run that was rolled back would be given twice.
                session.Execute(
                    "INSERT INTO written_item (id, amount) VALUES (-1, 1) ON CONFLICT (id) DO UPDATE SET amount = written_item.amount + 1");
                return session.QueryFirst("SELECT amount FROM written_item WHERE id = -1", static row => row.GetInt64(0));
            })),
        ];
        release.Set();
        await Task.WhenAll(blockers);
        List<long> numbers = [];
        foreach (Task<long> write in writes)
        {
            try
            {
                numbers.Add(await write);
            }
            catch (InvalidOperationException)
            {
                // One of the ten that fail.
            }
        }

        Assert.That(numbers.Order(), Is.EqualTo(Enumerable.Range(1, 50)));
    }

    [Test]
    public async Task Nulls_come_where_the_statement_says()
    {
        Database database = Open(Items);
        foreach ((int id, string? name) in new[] { (1, (string?)null), (2, "b"), (3, "a"), (4, null) })
        {
            await AddAsync(database, id, name);
        }

        Assert.That(await QueryAsync(database, "SELECT id FROM written_item ORDER BY name NULLS FIRST, id"), Is.EqualTo(new long[] { 1, 4, 3, 2 }));
        Assert.That(await QueryAsync(database, "SELECT id FROM written_item ORDER BY name DESC NULLS LAST, id"), Is.EqualTo(new long[] { 2, 3, 1, 4 }));
    }

    [Test]
    public async Task One_statement_keeps_the_arguments_it_began_with()
    {
        Database database = Open(Items);
        const string Sql = "INSERT INTO written_item (id, name, amount) VALUES (@id, @name, 0)";
        foreach ((string First, SqlValue FirstValue, string Second, SqlValue SecondValue) in new[]
        {
            ("@name", (SqlValue)"x", "@id", (SqlValue)2),
            ("@id", (SqlValue)2, "@name", (SqlValue)2.5),
        })
        {
            Assert.That(
                async () => await database.WriteAsync((First, FirstValue, Second, SecondValue), static (session, state) =>
                {
                    session.Execute(Sql, ("@id", 1), ("@name", "x"));
                    return session.Execute(Sql, (state.First, state.FirstValue), (state.Second, state.SecondValue));
                }),
                Throws.ArgumentException);
        }

        Assert.That(
            async () => await database.WriteAsync(0, static (session, _) =>
            {
                session.Execute(Sql, ("@id", 1), ("@name", "x"));
                return session.Execute(Sql, ("@id", 2));
            }),
            Throws.ArgumentException);
        Assert.That(await QueryAsync(database, "SELECT count(*) FROM written_item"), Is.EqualTo(new long[] { 0 }));
    }

    [Test]
    public async Task Texts_put_together_at_run_time_are_found_again()
    {
        Database database = Open(Items);
        for (int i = 0; i < 1_200; i++)
        {
            // More distinct texts than are kept, each used twice.
            string column = $"amount + {i}";
            await database.WriteAsync(column, static (session, column) =>
                session.QueryFirst($"SELECT {column} FROM written_item", static row => row.GetInt64(0)) + session.QueryFirst($"SELECT {column} FROM written_item", static row => row.GetInt64(0)));
        }

        Assert.That(await AddAsync(database, 1, "still works"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_write_that_others_lock_out_for_the_busy_timeout_fails_as_transient_and_succeeds_later()
    {
        Database database = Open(new DatabaseOptions { BusyTimeout = TimeSpan.FromMilliseconds(50) }, Items);
        await AddAsync(database, 1, "a");
        await using (DbConnection other = Engine.ConnectDirectly(ConnectionString))
        {
            await other.OpenAsync();
            await using DbTransaction transaction = await other.BeginTransactionAsync();
            await using DbCommand command = other.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = "UPDATE written_item SET amount = 7 WHERE id = 1";
            await command.ExecuteNonQueryAsync();

            StorageException? refused = await Assert.ThrowsAsync<StorageException>(() => UpdateAsync());
            Assert.That((refused!.IsTransient, refused.OutcomeUnknown), Is.EqualTo((true, false)));
        }

        Assert.That(await UpdateAsync(), Is.EqualTo(1));
        Assert.That(await QueryAsync(database, "SELECT amount FROM written_item"), Is.EqualTo(new long[] { 1 }));

        Task<int> UpdateAsync() => database.WriteAsync(0, static (session, _) => session.Execute("UPDATE written_item SET amount = amount + 1 WHERE id = 1"));
    }

    [Test]
    public void Options_out_of_range_are_refused_at_once()
    {
        Assert.That(() => Open(new DatabaseOptions { QueueCapacity = 0 }), Throws.ArgumentException.With.Message.Contains("QueueCapacity"));
        Assert.That(() => Open(new DatabaseOptions { BusyTimeout = TimeSpan.Zero }), Throws.ArgumentException.With.Message.Contains("BusyTimeout"));
        Assert.That(() => Open(new DatabaseOptions { OutboxLeaseDuration = TimeSpan.FromSeconds(0.9) }), Throws.ArgumentException.With.Message.Contains("OutboxLeaseDuration"));
        Assert.That(() => Open(new DatabaseOptions { OutboxLeaseDuration = TimeSpan.FromSeconds(601) }), Throws.ArgumentException.With.Message.Contains("OutboxLeaseDuration"));
    }

    private static Task[] Block(Database database, ManualResetEventSlim release, int count = 8) =>
        [.. Enumerable.Range(0, count).Select(_ => database.WriteAsync(release, static (_, release) => release.Wait(TimeSpan.FromSeconds(60))))];

    private static Task<int> AddAsync(Database database, int id, string? name) => database.WriteAsync(
        (id, name), static (session, row) => session.Execute("INSERT INTO written_item (id, name, amount) VALUES (@id, @name, 0)", ("@id", row.id), ("@name", row.name)));

    private static async Task<List<long>> QueryAsync(Database database, string sql) =>
        await database.QueryAsync(sql, static row => row.GetInt64(0), CancellationToken.None);
}
