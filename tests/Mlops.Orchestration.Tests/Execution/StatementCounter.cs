using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using Mlops.Storage;
using SQLitePCL;

namespace Mlops.Orchestration.Tests;

/// <summary>What the writer of a SQLite database does: its statements as they begin, and the steps of SQLite's machine that they took.</summary>
internal sealed partial class StatementCounter
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
        nint handle = ((SqliteConnection)session.Connection).Handle!.DangerousGetHandle();
        (long Steps, long Scanned) work = default;
        for (nint statement = NextStatement(handle, 0); statement != 0; statement = NextStatement(handle, statement))
        {
            work.Steps += TakeStatus(statement, raw.SQLITE_STMTSTATUS_VM_STEP, reset: 1);
            work.Scanned += TakeStatus(statement, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, reset: 1);
        }

        return work;
    });

    // The wrapper knows only statements that were prepared after it was told to keep them.
    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_next_stmt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NextStatement(nint connection, nint statement);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_stmt_status")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TakeStatus(nint statement, int counter, int reset);
}
