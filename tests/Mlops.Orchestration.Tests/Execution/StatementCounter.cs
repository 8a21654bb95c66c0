using Microsoft.Data.Sqlite;
using Mlops.Storage;
using SQLitePCL;

namespace Mlops.Orchestration.Tests;

/// <summary>What the writer of a SQLite database does: its statements as they begin, and the steps of SQLite's machine that they took.</summary>
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
        await database.WriteAsync(counter, static (session, counter) =>
        {
            sqlite3 handle = ((SqliteConnection)session.Connection).Handle!;
            raw.sqlite3_trace(handle, counter._trace, null);
            raw.sqlite3_progress_handler(handle, StepsPerCall, counter._progress, null);
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

        Interlocked.Exchange(ref _steps, 0);
    }
}
