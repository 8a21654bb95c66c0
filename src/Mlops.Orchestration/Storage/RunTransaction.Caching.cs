using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>Writes that a step ended with the result of an earlier one, which is copied with all that it refers to.</summary>
    public void AppendCached(ClaimedStep step, CachedResult source)
    {
        Copy(RunEventKind.StepCached, step.Key, step.Attempt, step.Epoch, source.RunId, source.Sequence);
        ReferAgain(step.Key, source.RunId, source.StepKey);
    }

    /// <summary>Keeps what an attempt made for others, if it may, and why it was made or not.</summary>
    public void Cache(ClaimedStep step, string pipeline, CacheEntry entry, long sequence)
    {
        _session.Execute(
            """
            INSERT INTO orchestration_cache_use (pipeline, step_key, run_id, outcome, cache_key, parts, from_run)
            VALUES (@pipeline, @step, @run, @outcome, @key, @parts, @from)
            """,
            ("@pipeline", pipeline), ("@step", step.Key), ("@run", RunId), ("@outcome", (long)entry.Outcome), ("@key", entry.Key.Key),
            ("@parts", entry.Key.Parts), ("@from", entry.FromRun));
        if (entry is not { FromRun: null, Policy: { } policy })
        {
            return;
        }

        _session.Execute(
            """
            INSERT INTO orchestration_cache (cache_key, run_id, step_key, seq, expires) VALUES (@key, @run, @step, @seq, @expires)
            ON CONFLICT (cache_key) DO UPDATE SET
                run_id = excluded.run_id, step_key = excluded.step_key, seq = excluded.seq, expires = excluded.expires
            """,
            ("@key", entry.Key.Key), ("@run", RunId), ("@step", step.Key), ("@seq", sequence),
            ("@expires", policy.Lifetime is { } lifetime ? Now + UnixMicroseconds.From(lifetime) : (long?)null));
        _session.Execute(
            "DELETE FROM orchestration_cache_flight WHERE cache_key = @key AND run_id = @run AND step_key = @step AND epoch = @epoch",
            ("@key", entry.Key.Key), ("@run", RunId), ("@step", step.Key), ("@epoch", step.Epoch));
    }

    /// <summary>Keeps a run, over or not, from being removed until this transaction ends; false when it has been.</summary>
    public bool KeepsRun(long runId) => _session.QueryFirst(_sql.KeepRun, static row => (long?)row.GetInt64(0), ("@run", runId)) is not null;

    /// <summary>Appends an entry with the result of another run's entry; its value is that run's number.</summary>
    private void Copy(RunEventKind kind, string key, long? attempt, long? epoch, long sourceRun, long sourceSequence)
    {
        _session.Execute(
            """
            INSERT INTO orchestration_event (run_id, seq, at, kind, step_key, attempt, epoch, value, content_hash, content_length, payload)
            SELECT @run, @seq, @at, @kind, @key, @attempt, @epoch, @source, content_hash, content_length, payload
            FROM orchestration_event WHERE run_id = @source AND seq = @result
            """,
            ("@run", RunId), ("@seq", NextSequence), ("@at", Now), ("@kind", (long)kind), ("@key", key), ("@attempt", attempt),
            ("@epoch", epoch), ("@source", sourceRun), ("@result", sourceSequence));
        NextSequence++;
    }

    /// <summary>Keeps the artifacts of another run's step for a step of this run, and what that step has read and made.</summary>
    private void ReferAgain(string key, long sourceRun, string sourceKey)
    {
        foreach (string hash in _session.Query(
            "SELECT hash FROM orchestration_artifact WHERE run_id = @run AND step_key = @key ORDER BY hash",
            static row => row.GetString(0),
            ("@run", sourceRun), ("@key", sourceKey)))
        {
            Refer(key, ContentHash.Parse(hash));
        }

        RecordAgain(key, sourceRun, sourceKey);
    }
}
