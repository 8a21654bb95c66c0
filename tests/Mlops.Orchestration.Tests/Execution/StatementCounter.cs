using Microsoft.Data.Sqlite;
using Mlops.Storage;
using SQLitePCL;

namespace Mlops.Orchestration.Tests;

/// <summary>What the writer of a SQLite database does, or a reader: its statements as they begin, and the steps of SQLite's machine that they took.</summary>
internal sealed class StatementCounter
{
    private const int StepsPerCall = 50;

    private readonly List<string> _statements = [];
    private readonly strdelegate_trace _trace;
    private readonly delegate_progress _progress;
    private long _steps;

    private StatementCounter()
    {
        _trace = (_, sql) =>
        {
            lock (_statements)
            {
                _statements.Add(sql);
            }
        };
        _progress = _ =>
        {
            Interlocked.Add(ref _steps, StepsPerCall);
            return 0;
        };
    }

    /// <summary>The steps of SQLite's machine.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    public static async Task<StatementCounter> AttachAsync(Database database)
    {
        var counter = new StatementCounter();
        await database.WriteAsync(counter, Attach);
        counter.Reset();
        return counter;
    }

    /// <summary>Of the reader that queries take one after the other, as long as nobody else reads.</summary>
    public static async Task<StatementCounter> AttachReaderAsync(Database database)
    {
        var counter = new StatementCounter();
        await database.ReadAsync(counter, Attach);
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

    private static int Attach(SqlSession session, StatementCounter counter)
    {
        sqlite3 handle = ((SqliteConnection)session.Connection).Handle!;
        raw.sqlite3_trace(handle, counter._trace, null);
        raw.sqlite3_progress_handler(handle, StepsPerCall, counter._progress, null);
        return 0;
    }

    public void Reset()
    {
        lock (_statements)
        {
            _statements.Clear();
        }

        Interlocked.Exchange(ref _steps, 0);
    }
}
