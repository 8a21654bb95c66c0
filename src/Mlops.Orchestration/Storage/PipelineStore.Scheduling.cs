using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>
    /// Where a schedule stands. One that is new begins now. One that has changed goes back a little, but not behind what was dealt with:
    /// while processes with the old and the new form live side by side each changes it, and a time that is due in between must not be lost.
    /// </summary>
    public async Task<(DateTimeOffset Cursor, bool IsPaused)> EnterScheduleAsync(
        PipelineSchedule schedule, string pipeline, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<(string Pipeline, string Cron, string Zone, long Cursor, bool IsPaused)> known = await _database.QueryAsync(
            "SELECT pipeline, cron, zone, dealt_with, paused FROM orchestration_schedule WHERE name = @name",
            static row => (row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), !row.IsDBNull(4)),
            cancellationToken,
            ("@name", schedule.Name)).ConfigureAwait(false);
        if (known is [var row] && (row.Pipeline, row.Cron, row.Zone) == (pipeline, schedule.Cron, schedule.Options.TimeZone))
        {
            return (UnixMicroseconds.ToTime(row.Cursor), row.IsPaused);
        }

        (long cursor, bool isPaused) = await _database.WriteAsync(
            (schedule, pipeline, Now: UnixMicroseconds.From(now), From: UnixMicroseconds.From(now - schedule.Reach)),
            static (session, state) => session.QueryFirst(
                """
                INSERT INTO orchestration_schedule (name, pipeline, cron, zone, dealt_with) VALUES (@name, @pipeline, @cron, @zone, @now)
                ON CONFLICT (name) DO UPDATE SET
                    dealt_with = CASE WHEN orchestration_schedule.dealt_with >= @from OR (orchestration_schedule.pipeline = excluded.pipeline
                            AND orchestration_schedule.cron = excluded.cron AND orchestration_schedule.zone = excluded.zone)
                        THEN orchestration_schedule.dealt_with ELSE @from END,
                    pipeline = excluded.pipeline, cron = excluded.cron, zone = excluded.zone
                RETURNING dealt_with, paused
                """,
                static row => (row.GetInt64(0), !row.IsDBNull(1)),
                ("@name", state.schedule.Name), ("@pipeline", state.pipeline), ("@cron", state.schedule.Cron),
                ("@zone", state.schedule.Options.TimeZone), ("@now", state.Now), ("@from", state.From)),
            Durability.Process,
            cancellationToken).ConfigureAwait(false);
        return (UnixMicroseconds.ToTime(cursor), isPaused);
    }

    /// <summary>Deals with a due time, unless somebody has: the run and the schedule's progress are one transaction.</summary>
    public Task<DueResult> StartDueAsync(NewRun run, DateTimeOffset due, OverlapPolicy overlap, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, run, Due: UnixMicroseconds.From(due), overlap),
            static (session, state) => state.Store.StartDue(session, state.run, state.Due, state.overlap),
            Durability.Process,
            cancellationToken);

    /// <summary>Passes over what is left up to a time.</summary>
    public async Task MoveScheduleAsync(string name, DateTimeOffset upTo, CancellationToken cancellationToken)
    {
        await _database.WriteAsync(
            (name, UpTo: UnixMicroseconds.From(upTo)),
            static (session, state) => Advance(session, state.name, state.UpTo),
            Durability.Process,
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<List<ScheduleStatus>> ListSchedulesAsync(CancellationToken cancellationToken) =>
        _database.QueryAsync(
            "SELECT name, pipeline, cron, zone, dealt_with, paused FROM orchestration_schedule ORDER BY name",
            static row => new ScheduleStatus(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), UnixMicroseconds.ToTime(row.GetInt64(4)), Time(row, 5)),
            cancellationToken);

    public Task<bool> PauseScheduleAsync(string name, bool pause, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (Store: this, name, pause),
            static (session, state) => state.pause
                ? session.Execute(
                    "UPDATE orchestration_schedule SET paused = @now WHERE name = @name AND paused IS NULL",
                    ("@now", state.Store._clock.Read(session)), ("@name", state.name)) == 1
                : session.Execute("UPDATE orchestration_schedule SET paused = NULL WHERE name = @name AND paused IS NOT NULL", ("@name", state.name)) == 1,
            Durability.Process,
            cancellationToken);

    private static bool Advance(SqlSession session, string name, long upTo) => session.Execute(
        "UPDATE orchestration_schedule SET dealt_with = @time WHERE name = @name AND dealt_with < @time AND paused IS NULL",
        ("@time", upTo), ("@name", name)) == 1;

    private DueResult StartDue(SqlSession session, NewRun run, long due, OverlapPolicy overlap)
    {
        // Locked until the run is stored with it: what another scheduler starts meanwhile is seen here, or waits for this.
        session.Query($"SELECT name FROM orchestration_schedule WHERE name = @name {session.Dialect.ForUpdate}", static row => row.GetString(0), ("@name", run.Schedule));
        List<(long Id, string Uid)> open = overlap == OverlapPolicy.Parallel ? [] : session.Query(
            "SELECT id, uid FROM orchestration_run WHERE schedule = @schedule AND state = 1 ORDER BY id",
            static row => (row.GetInt64(0), row.GetString(1)),
            ("@schedule", run.Schedule));

        // What was due already when the run before was started is not an overlap: it was missed together with it, and waits for its turn.
        bool wasDueBefore = open.Exists(earlier => StartTimeOf(earlier.Uid) >= due);
        if (open.Count > 0 && (overlap == OverlapPolicy.Queue || (overlap == OverlapPolicy.Skip && wasDueBefore)))
        {
            return new DueResult(ScheduleOutcome.Waits);
        }

        // Of all schedulers, the one whose update holds.
        if (!Advance(session, run.Schedule!, due))
        {
            return new DueResult(ScheduleOutcome.Elsewhere);
        }

        if (overlap == OverlapPolicy.Skip && open.Count > 0)
        {
            return new DueResult(ScheduleOutcome.Skipped);
        }

        List<RunEnd> cancelled = [];
        foreach ((long id, _) in open)
        {
            if (Lock(session, id) is { IsRunning: true } earlier)
            {
                cancelled.Add(earlier.Abandon(PipelineRunState.Cancelled, RunEventKind.RunCancelled, null, $"A later run of the schedule '{run.Schedule}' is due."));
            }
        }

        return new DueResult(ScheduleOutcome.Started) { RunId = Start(session, run, plan: null).Id, Cancelled = cancelled };
    }

    /// <summary>When a scheduler started a run, by the scheduler's clock, in microseconds: the first 48 bits of its id.</summary>
    private static long StartTimeOf(string uid) => 1_000 * long.Parse(uid.AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
