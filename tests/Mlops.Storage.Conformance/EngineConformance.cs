namespace Mlops.Storage.Conformance;

/// <summary>How a suite gets at the engine it runs on.</summary>
public abstract class EngineConformance
{
    private string _connectionString = "";

    /// <summary>Creates an empty database and returns its connection string.</summary>
    protected abstract string CreateDatabase();

    /// <summary>Opens a database object of the engine, which the caller disposes.</summary>
    protected abstract Database Connect(string connectionString, DatabaseOptions? options);

    /// <summary>Begins a test on an empty database.</summary>
    protected void StartEmpty() => _connectionString = CreateDatabase();

    /// <summary>Another connection to the database of this test.</summary>
    protected Database Connect(DatabaseOptions? options = null) => Connect(_connectionString, options);
}
