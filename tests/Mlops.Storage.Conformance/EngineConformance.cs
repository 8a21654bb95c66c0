using System.Data.Common;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>How a suite gets at the engine it runs on, with an empty database per test.</summary>
public abstract class EngineConformance
{
    private readonly List<Database> _opened = [];

    /// <summary>The engine of the fixture.</summary>
    protected abstract IStorageEngine Engine { get; }

    /// <summary>Reaches the database of this test.</summary>
    protected string ConnectionString { get; private set; } = "";

    [SetUp]
    public void CreateDatabase() => ConnectionString = Engine.CreateDatabase();

    [TearDown]
    public async Task CloseDatabasesAsync()
    {
        foreach (Database database in _opened)
        {
            await database.DisposeAsync();
        }

        _opened.Clear();
    }

    /// <summary>The database of this test as another process would open it; closed after the test.</summary>
    protected Database Open(params MigrationSet[] migrations) => Open(null, migrations);

    /// <inheritdoc cref="Open(MigrationSet[])"/>
    protected Database Open(DatabaseOptions? options, params MigrationSet[] migrations)
    {
        ArgumentNullException.ThrowIfNull(migrations);
        Database database = Engine.Connect(ConnectionString, options);
        foreach (MigrationSet set in migrations)
        {
            database.Require(set);
        }

        _opened.Add(database);
        return database;
    }

    /// <summary>Runs a script past everything that is tested.</summary>
    protected async Task ExecuteDirectlyAsync(string sql)
    {
        await using DbConnection connection = Engine.ConnectDirectly(ConnectionString);
        await connection.OpenAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
