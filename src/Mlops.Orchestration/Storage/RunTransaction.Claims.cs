using System.Data.Common;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>Makes every step that a lost worker ran in this run ready again.</summary>
    public int Reclaim(string worker)
    {
        List<(string Key, long Attempt, long Epoch)> steps = _session.Query(
            """
            UPDATE orchestration_step SET state = 1, not_before = @due, lost = lost + 1, worker = NULL
            WHERE run_id = @run AND worker = @worker AND state = 2
            RETURNING step_key, attempt, epoch
            """,
            static row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2)),
            ("@due", AtOnce), ("@run", RunId), ("@worker", worker));
        foreach ((string key, long attempt, long epoch) in steps.OrderBy(static step => step.Key, StringComparer.Ordinal))
        {
            Append(RunEventKind.StepReclaimed, key, attempt, epoch, detail: worker);
        }

        _becameReady |= steps.Count > 0;
        return steps.Count;
    }

    /// <summary>Gives ready steps to a worker, those that have waited longest first.</summary>
    /// <param name="run">The run.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="count">At most so many.</param>
    /// <param name="pool">Steps of this pool, whose row the caller holds; empty for those that need none.</param>
    public List<ClaimedStep> Claim(RunInfo run, string worker, int count, string pool = "")
    {
        List<ClaimedStep> steps = _session.Query(
            _sql.Claim,
            row => ReadClaim(run, row),
            ("@worker", worker), ("@now", Now), ("@run", RunId), ("@count", (long)count), ("@pool", pool));
        if (steps.Count < count && pool.Length == 0)
        {
            // Nothing is left for others.
            _becameReady = false;
        }

        foreach (ClaimedStep step in steps)
        {
            Append(RunEventKind.StepStarted, step.Key, step.Attempt, step.Epoch);
            AnnounceStart(step);
        }

        return steps;
    }

    /// <summary>Gives one step to a worker, if it is ready and nobody has begun it since it was listed.</summary>
    public ClaimedStep? Claim(RunInfo run, string worker, ReadyStep step)
    {
        ClaimedStep? claimed = _session.QueryFirst(
            """
            UPDATE orchestration_step SET
                state = 2, worker = @worker, attempt = attempt + 1, started = @now, progress = NULL, message = NULL,
                epoch = CASE WHEN epoch >= @now THEN epoch + 1 ELSE @now END
            WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 1 AND not_before <= @now
            RETURNING step_key, node, attempt, epoch, failures, lost, item
            """,
            row => ReadClaim(run, row),
            ("@worker", worker), ("@now", Now), ("@run", RunId), ("@key", step.Step), ("@epoch", step.FencingToken));
        if (claimed is not null)
        {
            Append(RunEventKind.StepStarted, claimed.Key, claimed.Attempt, claimed.Epoch);
            AnnounceStart(claimed);
        }

        return claimed;
    }

    private static ClaimedStep ReadClaim(RunInfo run, DbDataReader row) => new(
        run, row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetFieldValue<byte[]>(6));
}
