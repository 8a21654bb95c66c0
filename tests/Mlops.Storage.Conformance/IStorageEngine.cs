using System.Data.Common;

namespace Mlops.Storage.Conformance;

/// <summary>One provider, as the suites see it.</summary>
public interface IStorageEngine
{
    /// <summary>Creates an empty database and returns its connection string.</summary>
    string CreateDatabase();

    /// <summary>Opens a database object of the engine, which the caller disposes.</summary>
    Database Connect(string connectionString, DatabaseOptions? options);

    /// <summary>The level at which the open transaction will be committed, as the engine itself sees it.</summary>
    Durability ReadDurability(SqlSession session);

    /// <summary>A closed connection of the driver itself, past everything that is tested.</summary>
    DbConnection ConnectDirectly(string connectionString);
}
