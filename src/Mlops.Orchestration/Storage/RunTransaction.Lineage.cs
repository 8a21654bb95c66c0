namespace Mlops.Orchestration;

internal sealed partial class RunTransaction
{
    /// <summary>Keeps what an attempt has read and made, beside the artifacts that <see cref="Refer"/> keeps.</summary>
    public void Record(string key, IReadOnlyList<StepData> data)
    {
        foreach (StepData item in data)
        {
            _session.Execute(
                """
                INSERT INTO orchestration_data (run_id, step_key, item, is_output, is_artifact, digest, name)
                VALUES (@run, @key, @item, @output, @artifact, @digest, @name)
                ON CONFLICT (run_id, step_key, item) DO NOTHING
                """,
                ("@run", RunId), ("@key", key), ("@item", item.Id), ("@output", item.IsOutput), ("@artifact", item.Kind == StepDataKind.Artifact),
                ("@digest", item.Digest), ("@name", item.Name));
        }
    }

    /// <summary>What another run's step has read and made, for a step of this run that takes over its result.</summary>
    private void RecordAgain(string key, long sourceRun, string sourceKey) => _session.Execute(
        """
        INSERT INTO orchestration_data (run_id, step_key, item, is_output, is_artifact, digest, name)
        SELECT @run, @key, item, is_output, is_artifact, digest, name FROM orchestration_data WHERE run_id = @source AND step_key = @other
        ON CONFLICT (run_id, step_key, item) DO NOTHING
        """,
        ("@run", RunId), ("@key", key), ("@source", sourceRun), ("@other", sourceKey));

    /// <summary>What is kept of a step, as many of it as a message holds.</summary>
    private List<StepData> ListData(string key)
    {
        List<StepData> data = _session.Query(
            """
            SELECT * FROM (SELECT is_artifact, name, digest, is_output FROM orchestration_data
                WHERE run_id = @run AND step_key = @key AND is_output = 0 ORDER BY item LIMIT @take) AS inputs
            UNION ALL
            SELECT * FROM (SELECT is_artifact, name, digest, is_output FROM orchestration_data
                WHERE run_id = @run AND step_key = @key AND is_output = 1 ORDER BY item LIMIT @take) AS outputs
            """,
            static row => new StepData(row.GetInt64(0) == 1 ? StepDataKind.Artifact : StepDataKind.External, row.GetString(1), row.GetString(2), row.GetInt64(3) == 1),
            ("@run", RunId), ("@key", key), ("@take", (long)PipelineStepTransition.MaximumItems));
        data.AddRange(_session.Query(
            "SELECT hash FROM orchestration_artifact WHERE run_id = @run AND step_key = @key ORDER BY hash LIMIT @take",
            static row => new StepData(StepDataKind.Artifact, "", row.GetString(0), IsOutput: true),
            ("@run", RunId), ("@key", key), ("@take", (long)PipelineStepTransition.MaximumItems)));
        return data;
    }
}
