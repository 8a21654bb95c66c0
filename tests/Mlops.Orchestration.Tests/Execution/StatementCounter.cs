using Microsoft.Data.Sqlite;
using Mlops.Storage;
using SQLitePCL;

namespace Mlops.Orchestration.Tests;

/// <summary>What the writer of a SQLite database does: its statements as they begin, and the steps of SQLite's machine that they took.</summary>
internal sealed class StatementCounter
{
    private readonly List<string> _statements = [];
    private readonly strdelegate_trace _trace;

    private StatementCounter() => _trace = (_, sql) =>
    {
        lock (_statements)
        {
            _statements.Add(sql);
        }
    };

    public static async Task<StatementCounter> AttachAsync(Database database)
    {
        var counter = new StatementCounter();
        await database.WriteAsync(counter, static (session, counter) =>
        {
            raw.sqlite3_trace(((SqliteConnection)session.Connection).Handle, counter._trace, null);
            return 0;
        });
        counter.Reset();
        return counter;
    }

    public int Count(string part)
    {
        lock (_statements)
        {
            return _statements.Count(sql => sql.Contains(part, StringComparison.Ordinal));
        }
    }

    public int Total => Count("");

    public void Reset()
    {
        lock (_statements)
        {
            _statements.Clear();
        }
    }

    /// <summary>Steps of SQLite's machine of all prepared statements since this was last asked, and the rows that statements looked at without an index.</summary>
    public static Task<(long Steps, long Scanned)> TakeWorkAsync(Database database) => database.WriteAsync(0, static (session, _) =>
    {
        sqlite3 handle = ((SqliteConnection)session.Connection).Handle!;
        (long Steps, long Scanned) work = default;
        for (sqlite3_stmt? statement = raw.sqlite3_next_stmt(handle, null!); statement is not null; statement = raw.sqlite3_next_stmt(handle, statement))
        {
            work.Steps += raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, 1);
            work.Scanned += raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
        }

        return work;
    });
}
