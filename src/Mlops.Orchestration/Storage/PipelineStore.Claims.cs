using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>
    /// Claims ready steps of one run: of the most urgent, there of one that waits for a pool with room, there of the one that has waited longest. Empty also
    /// where others hold everything that is due at the highest urgency: what is less urgent does not overtake it meanwhile.
    /// </summary>
    /// <param name="worker">Who claims.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="cancellationToken">Withdraws it while it waits.</param>
    /// <param name="overtakes">Whether it takes what is less urgent then.</param>
    public Task<List<ClaimedStep>> ClaimAsync(string worker, int count, CancellationToken cancellationToken, bool overtakes = false) =>
        _database.WriteAsync(
            (Store: this, worker, count, overtakes),
            static (session, state) => state.Store.Claim(session, state.worker, state.count, state.overtakes),
            Durability.Process,
            cancellationToken);

    private List<ClaimedStep> Claim(SqlSession session, string worker, int count, bool overtakes)
    {
        long now = _clock.Read(session);
        List<DueWork> due = session.Query(_sql.Due, DueWork.Read, ("@now", now));
        foreach (DueWork work in due)
        {
            if (work.Urgency > due[0].Urgency && !overtakes)
            {
                break;
            }

            List<ClaimedStep> steps = work.InPools ? ClaimFromPool(session, worker, count, work, now) : ClaimFromRun(session, worker, count, work, now);
            if (steps.Count > 0)
            {
                return steps;
            }
        }

        return [];
    }

    private List<ClaimedStep> ClaimFromRun(SqlSession session, string worker, int count, DueWork due, long now) =>
        session.QueryFirst(_sql.PickRun, ReadRunInfo, ("@urgency", due.Urgency), ("@version", due.VersionId), ("@now", now)) is { } picked
            ? ClaimFrom(session, picked, worker, count, pool: "", now)
            : [];

    private List<ClaimedStep> ClaimFrom(SqlSession session, RunInfo picked, string worker, int count, string pool, long now)
    {
        if (RunTransaction.Lock(session, _sql, _outbox, picked.Id, now) is not { IsRunning: true, IsPaused: false } run)
        {
            return [];
        }

        List<ClaimedStep> steps = run.Claim(picked, worker, count, pool);
        run.Close();
        return steps;
    }

    /// <summary>Claims steps of a pool with room, of the run that has waited longest for one.</summary>
    private List<ClaimedStep> ClaimFromPool(SqlSession session, string worker, int count, DueWork due, long now)
    {
        (RunInfo Run, string Pool, long Slots)? picked = session.QueryFirst(
            _sql.PickFromPool,
            static row => ((RunInfo, string, long)?)(ReadRunInfo(row), row.GetString(7), row.GetInt64(8)),
            ("@urgency", due.Urgency), ("@version", due.VersionId), ("@now", now));
        if (picked is not { } next)
        {
            return [];
        }

        // Only who holds the pool's row takes slots of it, so that this count can only fall until the claim is committed.
        long used = session.QueryFirst(
            "SELECT count(*) FROM orchestration_step WHERE pool = @pool AND pool <> '' AND state = 2", static row => row.GetInt64(0), ("@pool", next.Pool));
        return used < next.Slots ? ClaimFrom(session, next.Run, worker, (int)long.Min(count, next.Slots - used), next.Pool, now) : [];
    }

    private static RunInfo ReadRunInfo(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<byte[]>(3), row.IsDBNull(4) ? null : row.GetString(4), row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetString(6));
}
