using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Mlops.Storage.Sqlite;

/// <summary>What every connection is set to.</summary>
internal static class SqlitePragmas
{
    public static void Apply(SqliteConnection connection, TimeSpan busyTimeout)
    {
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"""
            PRAGMA busy_timeout = {(long)busyTimeout.TotalMilliseconds};
            PRAGMA foreign_keys = ON;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            PRAGMA case_sensitive_like = ON;
            """));
    }

    public static void ApplyToWriter(SqliteConnection connection, TimeSpan busyTimeout)
    {
        Apply(connection, busyTimeout);
        Execute(connection, "PRAGMA journal_size_limit = 67108864");
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL";
        if (command.ExecuteScalar() is not "wal")
        {
            throw new StorageException(
                $"Opening the SQLite database '{connection.DataSource}': its file system does not support the write-ahead log. Use a local disk; network file systems lack the shared memory it needs.");
        }
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
