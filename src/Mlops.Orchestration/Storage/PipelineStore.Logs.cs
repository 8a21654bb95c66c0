using Microsoft.Extensions.Logging;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>Keeps lines of an attempt, if it still owns its step. Repeating it changes nothing.</summary>
    public Task<int> KeepLogAsync(ClaimedStep step, int first, IReadOnlyList<StepLogLine> lines, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (step, first, lines),
            static (session, state) =>
            {
                int kept = 0;
                for (int i = 0; i < state.lines.Count; i++)
                {
                    kept += session.Execute(
                        """
                        INSERT INTO orchestration_log (run_id, step_key, attempt, line, at, level, message)
                        SELECT @run, @key, @attempt, @line, @at, @level, @message WHERE EXISTS (
                            SELECT 1 FROM orchestration_step WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2)
                        ON CONFLICT (run_id, step_key, attempt, line) DO NOTHING
                        """,
                        ("@run", state.step.Run.Id), ("@key", state.step.Key), ("@attempt", state.step.Attempt), ("@line", (long)(state.first + i)),
                        ("@at", UnixMicroseconds.From(state.lines[i].At)), ("@level", (long)state.lines[i].Level), ("@message", state.lines[i].Message),
                        ("@epoch", state.step.Epoch));
                }

                return kept;
            },
            Durability.Process,
            cancellationToken);

    /// <summary>Lines of a step, or of all steps, in the order of steps, attempts and lines.</summary>
    public ValueTask<List<(string Step, StepLogLine Line)>> ReadLogAsync(long runId, string? key, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            $"""
            SELECT l.step_key, l.attempt, l.at, l.level, l.message FROM orchestration_log l
            JOIN orchestration_step s ON s.run_id = l.run_id AND s.step_key = l.step_key
            WHERE l.run_id = @run {(key is null ? "" : "AND l.step_key = @key")}
            ORDER BY s.ordinal, l.step_key, l.attempt, l.line LIMIT @count
            """,
            static row => (row.GetString(0), new StepLogLine(
                (int)row.GetInt64(1), UnixMicroseconds.ToTime(row.GetInt64(2)), (LogLevel)row.GetInt64(3), row.GetString(4))),
            cancellationToken,
            key is null ? [("@run", runId), ("@count", (long)count)] : [("@run", runId), ("@key", key), ("@count", (long)count)]);
}
