using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Orchestration;

internal sealed partial class PipelineStore
{
    /// <summary>So many are asked for at once.</summary>
    public const int MaximumDigests = 32;

    private const string DataColumns =
        "d.run_id, r.pipeline, d.step_key, d.item, d.is_output, d.is_artifact, d.digest, d.name, s.node, s.state, s.finished, e.kind, e.value";

    private const string DataJoins =
        """
        JOIN orchestration_run r ON r.id = d.run_id
        JOIN orchestration_step s ON s.run_id = d.run_id AND s.step_key = d.step_key
        LEFT JOIN orchestration_event e ON e.run_id = s.run_id AND e.seq = s.result_seq
        """;

    private static readonly string DigestParameters = string.Join(", ", Enumerable.Range(0, MaximumDigests).Select(static i => FormattableString.Invariant($"@d{i}")));

    /// <summary>Rows of runs that are being removed do not count, nor fill pages.</summary>
    private const string IsThere = "EXISTS (SELECT 1 FROM orchestration_run k WHERE k.id = run_id)";

    /// <summary>A page of the steps that have made, or read, what has this digest; the latest run first.</summary>
    public ValueTask<List<DataRow>> ListUsesAsync(
        string digest, bool isOutput, (long Run, string Step, string Item) before, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            $"""
            SELECT {DataColumns} FROM (
                SELECT * FROM (
                    SELECT run_id, step_key, item, is_output, is_artifact, digest, name FROM orchestration_data
                    WHERE digest = @digest AND is_output = @output AND run_id <= @run AND {IsThere}
                        AND (run_id < @run OR step_key < @step OR (step_key = @step AND item < @item))
                    ORDER BY run_id DESC, step_key DESC, item DESC LIMIT @count) AS named
                UNION ALL
                SELECT * FROM (
                    SELECT run_id, step_key, hash AS item, 1 AS is_output, 1 AS is_artifact, hash AS digest, '' AS name FROM orchestration_artifact
                    WHERE @output = 1 AND hash = @digest AND run_id <= @run AND {IsThere}
                        AND (run_id < @run OR step_key < @step OR (step_key = @step AND hash < @item))
                    ORDER BY run_id DESC, step_key DESC, hash DESC LIMIT @count) AS stored) AS d
            {DataJoins}
            ORDER BY d.run_id DESC, d.step_key DESC, d.item DESC LIMIT @count
            """,
            ReadData,
            cancellationToken,
            ("@digest", digest), ("@output", isOutput), ("@run", before.Run), ("@step", before.Step), ("@item", before.Item), ("@count", (long)count));

    /// <summary>A page of the steps that have made or read what has one of these digests, by digest, readers first, the earliest run first.</summary>
    public ValueTask<List<DataRow>> ListUsesAsync(string[] digests, DataRow? after, int count, CancellationToken cancellationToken) => _database.QueryAsync(
        $"""
        SELECT {DataColumns} FROM (
            SELECT * FROM (
                SELECT run_id, step_key, item, is_output, is_artifact, digest, name FROM orchestration_data
                WHERE digest IN ({DigestParameters}) AND (digest, is_output, run_id, step_key, item) > (@digest, @output, @run, @step, @item) AND {IsThere}
                ORDER BY digest, is_output, run_id, step_key, item LIMIT @count) AS named
            UNION ALL
            SELECT * FROM (
                SELECT run_id, step_key, hash AS item, 1 AS is_output, 1 AS is_artifact, hash AS digest, '' AS name FROM orchestration_artifact
                WHERE hash IN ({DigestParameters}) AND (hash, 1, run_id, step_key, hash) > (@digest, @output, @run, @step, @item) AND {IsThere}
                ORDER BY hash, run_id, step_key LIMIT @count) AS stored) AS d
        {DataJoins}
        ORDER BY d.digest, d.is_output, d.run_id, d.step_key, d.item LIMIT @count
        """,
        ReadData,
        cancellationToken,
        [
            .. ParametersOf(digests), ("@digest", after?.Use.Data.Digest ?? ""), ("@output", after?.Use.Data.IsOutput ?? false), ("@run", after?.Use.RunId ?? 0),
            ("@step", after?.Use.Step ?? ""), ("@item", after?.Item ?? ""), ("@count", (long)count),
        ]);

    /// <summary>For each of these digests the step that was the last to make it before a run; none where none has.</summary>
    public async ValueTask<IEnumerable<DataRow>> ListProducersAsync(string[] digests, long before, CancellationToken cancellationToken)
    {
        // A step may have made one content as several things, and as an artifact too.
        List<DataRow> rows = await _database.QueryAsync(
            $"""
            WITH asked (digest) AS (VALUES ({DigestParameters.Replace(", ", "), (", StringComparison.Ordinal)}))
            SELECT {DataColumns} FROM (
                SELECT o.run_id, o.step_key, o.item, o.is_output, o.is_artifact, o.digest, o.name FROM asked a CROSS JOIN orchestration_data o
                WHERE o.digest = a.digest AND o.is_output = 1
                    AND o.run_id = (SELECT x.run_id FROM orchestration_data x
                        WHERE x.digest = a.digest AND x.is_output = 1 AND x.run_id < @run AND {IsThere} ORDER BY x.run_id DESC LIMIT 1)
                    AND o.step_key = (SELECT x.step_key FROM orchestration_data x
                        WHERE x.digest = a.digest AND x.is_output = 1 AND x.run_id = o.run_id ORDER BY x.step_key DESC LIMIT 1)
                UNION ALL
                SELECT o.run_id, o.step_key, o.hash AS item, 1 AS is_output, 1 AS is_artifact, o.hash AS digest, '' AS name FROM asked a CROSS JOIN orchestration_artifact o
                WHERE o.hash = a.digest
                    AND o.run_id = (SELECT x.run_id FROM orchestration_artifact x
                        WHERE x.hash = a.digest AND x.run_id < @run AND {IsThere} ORDER BY x.run_id DESC LIMIT 1)
                    AND o.step_key = (SELECT x.step_key FROM orchestration_artifact x
                        WHERE x.hash = a.digest AND x.run_id = o.run_id ORDER BY x.step_key DESC LIMIT 1)) AS d
            {DataJoins}
            ORDER BY d.run_id DESC, d.step_key DESC, d.item DESC
            """,
            ReadData,
            cancellationToken,
            [.. ParametersOf(digests), ("@run", before)]).ConfigureAwait(false);
        return rows.DistinctBy(static row => row.Use.Data.Digest);
    }

    /// <summary>The first step that has made this; with a name, under that name.</summary>
    public async ValueTask<DataRow?> FindMakerAsync(string digest, string name, CancellationToken cancellationToken) => (await _database.QueryAsync(
        $"""
        SELECT {DataColumns} FROM (
            SELECT * FROM (
                SELECT run_id, step_key, item, is_output, is_artifact, digest, name FROM orchestration_data
                WHERE digest = @digest AND is_output = 1 AND (@name = '' OR name = @name) AND {IsThere}
                ORDER BY run_id, step_key, item LIMIT 1) AS named
            UNION ALL
            SELECT * FROM (
                SELECT run_id, step_key, hash AS item, 1 AS is_output, 1 AS is_artifact, hash AS digest, '' AS name FROM orchestration_artifact
                WHERE @name = '' AND hash = @digest AND {IsThere}
                ORDER BY run_id, step_key, hash LIMIT 1) AS stored) AS d
        {DataJoins}
        ORDER BY d.run_id, d.step_key, d.item LIMIT 1
        """,
        ReadData,
        cancellationToken,
        ("@digest", digest), ("@name", name)).ConfigureAwait(false)).FirstOrDefault();

    /// <summary>A page of what the steps of a run have read and made.</summary>
    public ValueTask<List<DataRow>> ListUsesOfRunAsync(long runId, (string Step, string Item) after, int count, CancellationToken cancellationToken) =>
        _database.QueryAsync(
            $"""
            SELECT {DataColumns} FROM (
                SELECT * FROM (
                    SELECT run_id, step_key, item, is_output, is_artifact, digest, name FROM orchestration_data
                    WHERE run_id = @run AND step_key >= @step AND (step_key > @step OR item > @item)
                    ORDER BY step_key, item LIMIT @count) AS named
                UNION ALL
                SELECT * FROM (
                    SELECT run_id, step_key, hash AS item, 1 AS is_output, 1 AS is_artifact, hash AS digest, '' AS name FROM orchestration_artifact
                    WHERE run_id = @run AND step_key >= @step AND (step_key > @step OR hash > @item)
                    ORDER BY step_key, hash LIMIT @count) AS stored) AS d
            {DataJoins}
            ORDER BY d.step_key, d.item LIMIT @count
            """,
            ReadData,
            cancellationToken,
            ("@run", runId), ("@step", after.Step), ("@item", after.Item), ("@count", (long)count));

    /// <summary>The node of a step; null when there is no such step.</summary>
    public async ValueTask<string?> FindNodeAsync(long runId, string key, CancellationToken cancellationToken) => (await _database.QueryAsync(
        "SELECT node FROM orchestration_step WHERE run_id = @run AND step_key = @key", static row => row.GetString(0), cancellationToken,
        ("@run", runId), ("@key", key)).ConfigureAwait(false)).FirstOrDefault();

    /// <summary>The edges of the graph that a run was started with; null where they are not known.</summary>
    public async ValueTask<string?> FindEdgesAsync(long runId, CancellationToken cancellationToken) => (await _database.QueryAsync(
        "SELECT v.edges FROM orchestration_run r JOIN orchestration_version v ON v.id = r.version_id WHERE r.id = @run",
        static row => row.IsDBNull(0) ? null : row.GetString(0), cancellationToken, ("@run", runId)).ConfigureAwait(false)).FirstOrDefault();

    /// <summary>Always as many, so that the text stays the same: the last one again where there are fewer.</summary>
    private static IEnumerable<(string, SqlValue)> ParametersOf(string[] digests) =>
        Enumerable.Range(0, MaximumDigests).Select(i => (FormattableString.Invariant($"@d{i}"), (SqlValue)digests[int.Min(i, digests.Length - 1)]));

    private static DataRow ReadData(DbDataReader row)
    {
        bool isReused = !row.IsDBNull(11) && (RunEventKind)row.GetInt64(11) is RunEventKind.StepCached or RunEventKind.StepReused;
        var data = new StepData(
            row.GetInt64(5) == 1 ? StepDataKind.Artifact : StepDataKind.External, row.GetString(7), row.GetString(6), row.GetInt64(4) == 1);
        var use = new DataUse(row.GetInt64(0), row.GetString(1), row.GetString(2), (StepState)row.GetInt64(9), data)
        {
            At = Time(row, 10),
            FromRun = isReused && !row.IsDBNull(12) ? row.GetInt64(12) : null,
        };
        return new DataRow(use, row.GetString(8), row.GetString(3));
    }
}
