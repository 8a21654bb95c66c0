using Microsoft.Data.Sqlite;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Drift.Tests;

/// <summary>A SQLite file whose first reads fail.</summary>
internal sealed class FlakyDatabase(string path, int failures, int errorCode = FlakyDatabase.Busy) : Database(DialectOf(path), new DatabaseOptions())
{
    public const int Busy = 5;
    public const int Broken = 10;

    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    protected override int WriterCount => 1;

    protected override bool WriterLocksDatabase => true;

    protected override WriterConnection OpenWriter() => new Writer(new SqlSession(Open(path), Dialect, prepare: true));

    protected override ValueTask<SqlSession> RentReaderAsync(CancellationToken cancellationToken) => Interlocked.Increment(ref _reads) <= failures
        ? throw new SqliteException("the database has no time", errorCode)
        : new ValueTask<SqlSession>(new SqlSession(Open(path), Dialect, prepare: false));

    protected override void ReturnReader(SqlSession session, bool reusable)
    {
        session.Dispose();
        session.Connection.Dispose();
    }

    protected override ValueTask CloseAsync() => ValueTask.CompletedTask;

    private static SqlDialect DialectOf(string path) => new SqliteDatabase($"Data Source={path}").Dialect;

    private static SqliteConnection Open(string path)
    {
        SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private sealed class Writer(SqlSession session) : WriterConnection(session)
    {
        public override void Begin(Durability durability) => Session.Execute("BEGIN IMMEDIATE");

        public override void Commit() => Session.Execute("COMMIT");

        public override void Rollback() => Session.Execute("ROLLBACK");
    }
}
