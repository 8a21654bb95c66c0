using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>What every engine promises of migrations while old and new processes share a database.</summary>
public abstract class MigrationConformance : EngineConformance
{
    private static readonly Migration First = new(1, "CREATE TABLE grown_row (id {int} NOT NULL PRIMARY KEY) {keyed};");
    private static readonly Migration Expanding = new(2, "ALTER TABLE grown_row ADD COLUMN note {text};");
    private static readonly Migration Contracting = new(3, "ALTER TABLE grown_row DROP COLUMN note;") { OldestCode = 3 };
    private static readonly Migration Later = new(4, "ALTER TABLE grown_row ADD COLUMN mark {int};");

    [Test]
    public async Task Eight_connections_that_start_at_once_on_an_empty_database_all_succeed()
    {
        var set = new MigrationSet("grown", [First, Expanding]);
        Database[] databases = [.. Enumerable.Range(0, 8).Select(_ => Open(set))];

        await Task.WhenAll(databases.Select((database, i) => Task.Run(async () => await database.WriteAsync(
            (long)i, static (session, i) => session.Execute("INSERT INTO grown_row (id, note) VALUES (@id, @note)", ("@id", i), ("@note", "x"))))));

        List<long> ids = await databases[0].QueryAsync("SELECT id FROM grown_row ORDER BY id", static row => row.GetInt64(0), CancellationToken.None);
        Assert.That(ids, Is.EqualTo(Enumerable.Range(0, 8)));
    }

    [Test]
    public async Task Two_processes_that_start_at_once_on_an_empty_database_both_succeed()
    {
        await using WorkerProcess first = WorkerProcess.Start("open", ConnectionString);
        await using WorkerProcess second = WorkerProcess.Start("open", ConnectionString);
        Assert.That(await first.ReadLineAsync(), Is.EqualTo("ready"));
        Assert.That(await second.ReadLineAsync(), Is.EqualTo("ready"));

        first.Go();
        second.Go();

        Assert.That(await first.ReadLineAsync(), Is.EqualTo("opened"));
        Assert.That(await second.ReadLineAsync(), Is.EqualTo("opened"));
    }

    [Test]
    public async Task Older_code_runs_beside_an_expanded_schema()
    {
        await Open(new MigrationSet("grown", [First, Expanding])).OpenAsync();

        Assert.That(async () => await Open(new MigrationSet("grown", [First])).OpenAsync(), Throws.Nothing);
    }

    [Test]
    public async Task Older_code_is_refused_on_a_contracted_schema_and_writes_nothing()
    {
        await Open(new MigrationSet("grown", [First, Expanding, Contracting])).OpenAsync();

        Database older = Open(new MigrationSet("grown", [First, Expanding]));
        SchemaTooNewException? refused = await Assert.ThrowsAsync<SchemaTooNewException>(async () => await older.OpenAsync());

        Assert.That(refused!.Feature, Is.EqualTo("grown"));
        Assert.That(refused.CodeVersion, Is.EqualTo(2));
        Assert.That(refused.OldestCode, Is.EqualTo(3));
        Assert.That(await PresencesAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_contracting_step_is_left_to_a_later_start_while_an_older_process_runs()
    {
        var newest = new MigrationSet("grown", [First, Expanding, Contracting]);
        Database older = Open(new MigrationSet("grown", [First, Expanding]));
        await older.OpenAsync();

        await Open(newest).OpenAsync();
        Assert.That(async () => await InsertWithNoteAsync(older), Throws.Nothing);

        await older.DisposeAsync();
        Database latest = Open(newest);
        await latest.OpenAsync();
        Assert.That(async () => await InsertWithNoteAsync(latest), Throws.TypeOf<StorageException>(), "the column is gone");
    }

    [Test]
    public async Task An_expanding_step_behind_a_contracting_one_waits_for_older_processes()
    {
        Database older = Open(new MigrationSet("grown", [First, Expanding]));
        await older.OpenAsync();

        StorageException? refused = await Assert.ThrowsAsync<StorageException>(
            async () => await Open(new MigrationSet("grown", [First, Expanding, Contracting, Later])).OpenAsync());

        Assert.That(refused!.IsTransient, Is.True);
        Assert.That(refused.Message, Does.Contain("process/").And.Contain("version 2"));
        await older.DisposeAsync();
        Assert.That(async () => await Open(new MigrationSet("grown", [First, Expanding, Contracting, Later])).OpenAsync(), Throws.Nothing);
    }

    [Test]
    public async Task A_killed_process_holds_a_contracting_step_up_only_until_its_lease_has_run_out()
    {
        await using (WorkerProcess killed = WorkerProcess.Start("open", ConnectionString))
        {
            await killed.ReadLineAsync();
            killed.Go();
            Assert.That(await killed.ReadLineAsync(), Is.EqualTo("opened"));
            killed.Kill();
        }

        Assert.That(await PresencesAsync(), Has.Count.EqualTo(1), "a killed process cannot give its lease back");
        await ExecuteDirectlyAsync("UPDATE mlops_lease SET until = 1 WHERE name >= 'process/' AND name < 'process0'");

        await Open(new MigrationSet("grown", [First, Expanding, Contracting])).OpenAsync();
        Assert.That(await PresencesAsync(), Has.Count.EqualTo(1), "the dead process is forgotten");
    }

    [Test]
    public async Task With_migrations_switched_off_a_missing_one_is_named_and_nothing_is_changed()
    {
        var off = new DatabaseOptions { MigrateAtStart = false };
        var set = new MigrationSet("grown", [First]);

        Assert.That(async () => await Open(off, set).OpenAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("MigrateAtStart"));
        await Open().OpenAsync();
        Assert.That(async () => await Open(off, set).OpenAsync(), Throws.TypeOf<StorageException>().With.Message.Contains("'grown' is at schema version 0"));
        Assert.That(async () => await Open(off).OpenAsync(), Throws.Nothing);
    }

    [Test]
    public async Task The_printed_script_makes_an_empty_database_ready()
    {
        Database printer = Open(new MigrationSet("grown", [First, Expanding]));
        await ExecuteDirectlyAsync(printer.MigrationsToSql());

        Database database = Open(new DatabaseOptions { MigrateAtStart = false }, new MigrationSet("grown", [First, Expanding]));
        Assert.That(async () => await InsertWithNoteAsync(database), Throws.Nothing);
    }

    [Test]
    public void Two_different_sets_of_one_feature_are_refused()
    {
        Database database = Open(new MigrationSet("grown", [First]));

        Assert.That(() => database.Require(new MigrationSet("grown", [First])), Throws.ArgumentException.With.Message.Contains("grown"));
    }

    private static Task<int> InsertWithNoteAsync(Database database) => database.WriteAsync(
        0, static (session, _) => session.Execute("INSERT INTO grown_row (id, note) VALUES (@id, @note)", ("@id", 1), ("@note", "x")));

    private async Task<List<string>> PresencesAsync() => await Open().QueryAsync(
        "SELECT name FROM mlops_lease WHERE name >= 'process/' AND name < 'process0' AND until > 0 AND owner LIKE '%grown=%' ORDER BY name",
        static row => row.GetString(0),
        CancellationToken.None);
}
