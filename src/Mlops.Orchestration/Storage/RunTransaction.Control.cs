using System.Globalization;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>Holds back every step that has not begun; false when that is so already.</summary>
    public bool Pause(string reason)
    {
        int changed = _session.Execute(
            "UPDATE orchestration_run SET paused = @now WHERE id = @run AND state = 1 AND paused IS NULL", ("@now", Now), ("@run", RunId));
        IsPaused |= changed == 1;
        if (changed == 1)
        {
            Append(RunEventKind.RunPaused, detail: reason);
        }

        return changed == 1;
    }

    /// <summary>Lets steps begin again; false when nothing held them back.</summary>
    public bool Resume()
    {
        int changed = _session.Execute(
            "UPDATE orchestration_run SET paused = NULL WHERE id = @run AND state = 1 AND paused IS NOT NULL", ("@run", RunId));
        IsPaused &= changed == 0;
        if (changed == 1)
        {
            Append(RunEventKind.RunResumed);
        }

        return changed == 1;
    }

    /// <summary>Keeps an intermediate result if the attempt still owns its step and the name is new.</summary>
    public bool TryRemember(StepMemo memo)
    {
        int changed = _session.Execute(
            """
            INSERT INTO orchestration_memo (run_id, step_key, name, seq)
            SELECT @run, @key, @name, @seq WHERE EXISTS (
                SELECT 1 FROM orchestration_step WHERE run_id = @run AND step_key = @key AND epoch = @epoch AND state = 2)
            ON CONFLICT (run_id, step_key, name) DO NOTHING
            """,
            ("@run", RunId), ("@key", memo.Step.Key), ("@name", memo.Name), ("@seq", NextSequence), ("@epoch", memo.Step.Epoch));
        if (changed == 1)
        {
            Append(RunEventKind.StepMemoized, memo.Step.Key, memo.Step.Attempt, memo.Step.Epoch, detail: memo.Name, payload: memo.Payload);
        }

        return changed == 1;
    }

    /// <summary>Who a step's artifacts are kept by.</summary>
    public static string OwnerOf(long runId, string key) => string.Create(CultureInfo.InvariantCulture, $"orchestration/run/{runId}/{key}");

    /// <summary>Keeps an artifact for as long as the run, and remembers which step it belongs to.</summary>
    public void Refer(string key, ContentHash artifact)
    {
        ArtifactCatalog.AddReference(_session, artifact, OwnerOf(RunId, key));
        _session.Execute(
            "INSERT INTO orchestration_artifact (run_id, step_key, hash) VALUES (@run, @key, @hash) ON CONFLICT (run_id, step_key, hash) DO NOTHING",
            ("@run", RunId), ("@key", key), ("@hash", artifact.ToString()));
    }

    /// <summary>Adds the row of a step that is not wanted in this run.</summary>
    public void InsertSkipped(PipelineNode node) =>
        InsertSettled(new StepRow(node.Key, node.Key, node.RowOrdinal(), StepState.Skipped, ResultSequence: null, Item: null), sourceRun: 0);

    /// <summary>Adds the row of a step that does not run in this run: skipped as before, or with the result of an earlier run.</summary>
    public void InsertSettled(StepRow source, long sourceRun)
    {
        bool reused = source.State == StepState.Succeeded;
        _session.Execute(
            """
            INSERT INTO orchestration_step
                (run_id, step_key, node, ordinal, state, pending, attempt, failures, lost, epoch, not_before, result_seq, finished, item)
            VALUES (@run, @key, @node, @ordinal, @state, 0, 0, 0, 0, 0, @now, @seq, @now, @item)
            """,
            ("@run", RunId), ("@key", source.Key), ("@node", source.Node), ("@ordinal", source.Ordinal), ("@state", (long)source.State),
            ("@now", Now), ("@seq", reused ? NextSequence : (long?)null), ("@item", source.Item));
        if (!reused)
        {
            Append(RunEventKind.StepSkipped, source.Key);
            return;
        }

        Copy(RunEventKind.StepReused, source.Key, attempt: null, epoch: null, sourceRun, source.ResultSequence!.Value);
        ReferAgain(source.Key, sourceRun, source.Key);
    }
}
