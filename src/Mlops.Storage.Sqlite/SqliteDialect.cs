using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Mlops.Storage.Sqlite;

internal sealed class SqliteDialect(TimeProvider time) : SqlDialect
{
    public override string Name => "sqlite";

    public override string ForUpdate => "";

    public override string IntegersOf(string parameter) => $"(SELECT value FROM json_each({parameter}))";

    public override string IsRowOf(string picked) => $"rowid IN (SELECT rowid {picked})";

    public override string ForUpdateSkipLocked => "";

    public override string ExpandTypes(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return script
            .Replace("{int}", "INTEGER", StringComparison.Ordinal)
            .Replace("{real}", "REAL", StringComparison.Ordinal)
            .Replace("{text}", "TEXT", StringComparison.Ordinal)
            .Replace("{blob}", "BLOB", StringComparison.Ordinal)
            .Replace("{identity}", "INTEGER PRIMARY KEY AUTOINCREMENT", StringComparison.Ordinal)
            .Replace("{table}", "STRICT", StringComparison.Ordinal)
            .Replace("{keyed}", "STRICT, WITHOUT ROWID", StringComparison.Ordinal);
    }

    public override bool IsUniqueViolation(DbException exception) =>
        exception is SqliteException { SqliteExtendedErrorCode: SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY or SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE };

    /// <summary>BEGIN IMMEDIATE holds the only write lock there is.</summary>
    protected override void LockForMigration(SqlSession session)
    {
    }

    protected override bool TableExists(SqlSession session, string name)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.QueryFirst("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = @name", static _ => true, ("@name", name));
    }

    protected override long ReadClock(SqlSession session) => UnixMicroseconds.From(time.GetUtcNow());

    protected override bool IsTransient(DbException exception) =>
        exception is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED };
}
