using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Orchestration.Tests;

/// <summary>A database whose room can be taken away and given back.</summary>
internal abstract class RoomForDatabase : IAsyncDisposable
{
    public abstract Database Open();

    public abstract Task FillAsync(Database database, CancellationToken cancellationToken);

    public abstract Task EmptyAsync(Database database, CancellationToken cancellationToken);

    /// <summary>What the engine has to say about its files.</summary>
    public abstract Task CheckAsync(Database database, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The file may not become larger than it is.</summary>
internal sealed class SqlitePageLimit : RoomForDatabase
{
    private readonly SqliteFile _file = new();

    public override Database Open() => _file.Open();

    public override Task FillAsync(Database database, CancellationToken cancellationToken) => LimitAsync(database, 1, cancellationToken);

    public override Task EmptyAsync(Database database, CancellationToken cancellationToken) => LimitAsync(database, 1_000_000, cancellationToken);

    public override Task CheckAsync(Database database, CancellationToken cancellationToken) => SqliteFile.CheckAsync(database, cancellationToken);

    public override ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Less than there are is as many as there are.</summary>
    private static Task<List<long>> LimitAsync(Database database, int pages, CancellationToken cancellationToken) => database.WriteAsync(
        pages, static (session, pages) => session.Query($"PRAGMA max_page_count = {pages}", static row => row.GetInt64(0)), Durability.Process, cancellationToken);
}

/// <summary>A file on a volume of its own.</summary>
internal sealed class SqliteVolume : RoomForDatabase
{
    private readonly SmallVolume _volume = SmallVolume.Mount(megabytes: 32);

    public override Database Open() => SqliteFile.Open(_volume.Folder);

    public override Task FillAsync(Database database, CancellationToken cancellationToken) => _volume.FillAsync(cancellationToken);

    public override Task EmptyAsync(Database database, CancellationToken cancellationToken) => _volume.EmptyAsync();

    public override Task CheckAsync(Database database, CancellationToken cancellationToken) => SqliteFile.CheckAsync(database, cancellationToken);

    public override ValueTask DisposeAsync() => _volume.DisposeAsync();
}

/// <summary>What the server answers when a file cannot grow, without a file that cannot.</summary>
internal sealed class PostgreSqlRefusal : RoomForDatabase
{
    public override Database Open() => new PostgreSqlDatabase(PostgreSqlServer.CreateDatabase());

    public override Task FillAsync(Database database, CancellationToken cancellationToken) => ExecuteAsync(
        database,
        """
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE EXCEPTION ''could not extend file: No space left on device'' USING ERRCODE = ''53100''; END';
        CREATE TRIGGER no_room BEFORE INSERT ON orchestration_event FOR EACH ROW EXECUTE FUNCTION no_room()
        """,
        cancellationToken);

    public override Task EmptyAsync(Database database, CancellationToken cancellationToken) =>
        ExecuteAsync(database, "DROP TRIGGER no_room ON orchestration_event", cancellationToken);

    public override Task CheckAsync(Database database, CancellationToken cancellationToken) => Amcheck.CheckAsync(database, cancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static Task<int> ExecuteAsync(Database database, string sql, CancellationToken cancellationToken) =>
        database.WriteAsync(sql, static (session, sql) => session.Execute(sql), Durability.Process, cancellationToken);
}

/// <summary>Tables and indexes on a volume of their own.</summary>
internal sealed class PostgreSqlVolume : RoomForDatabase
{
    private readonly SmallVolume _volume = SmallVolume.Mount(megabytes: 16, owner: "nobody");
    private readonly string _connection = PostgreSqlServer.CreateDatabase();
    private readonly string _space = $"small{Guid.NewGuid():N}";

    public override Database Open()
    {
        PostgreSqlServer.Execute($"CREATE TABLESPACE {_space} LOCATION '{_volume.Folder}'");
        return new PostgreSqlDatabase($"{_connection};Options=-c default_tablespace={_space}");
    }

    public override Task FillAsync(Database database, CancellationToken cancellationToken) => _volume.FillAsync(cancellationToken);

    public override Task EmptyAsync(Database database, CancellationToken cancellationToken) => _volume.EmptyAsync();

    public override Task CheckAsync(Database database, CancellationToken cancellationToken) => Amcheck.CheckAsync(database, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        string schema = _connection[(_connection.LastIndexOf('=') + 1)..];
        PostgreSqlServer.Execute($"DROP SCHEMA {schema} CASCADE");
        PostgreSqlServer.Execute($"DROP TABLESPACE {_space}");
        await _volume.DisposeAsync();
    }
}
