using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private const string InputsOfRuns =
        """
        SELECT i.run, i.dataset, i.context, d.name, d.digest, d.uri, d.uri_type, d.columns, d.profile, d.row_count
        FROM tracking_input i JOIN tracking_dataset d ON d.dataset = i.dataset
        WHERE i.run IN ({runs})
        ORDER BY i.run, d.name, d.digest, i.context
        """;

    private const string KeysOfRuns = $"SELECT r.run, r.id FROM tracking_run r WHERE r.id IN ({{runs}}) AND {RunLifecycleSql.Kept} ORDER BY r.run";

    private const string InputTagsOfRuns =
        "SELECT run, dataset, context, name, value FROM tracking_input_tag WHERE run IN ({runs}) ORDER BY run, dataset, context, name";

    private static readonly LockingSql KeptDataset = new(
        "SELECT dataset FROM tracking_dataset WHERE experiment = @experiment AND name = @name AND digest = @digest{lock}", " FOR KEY SHARE");

    /// <summary>What runs read, ordered by name, digest and context; two queries however many runs there are.</summary>
    public async ValueTask<ILookup<long, DatasetInput>> ListDatasetsAsync(List<long> runs, CancellationToken cancellationToken)
    {
        (string sql, (string, SqlValue)[] arguments) = ForRuns(InputTagsOfRuns, runs, "name", null);
        List<(InputKey Input, string Name, string Value)> tags = await _database.QueryAsync(
            sql, static row => (new InputKey(row.GetInt64(0), row.GetInt64(1), row.GetString(2)), row.GetString(3), row.GetString(4)), cancellationToken, arguments)
            .ConfigureAwait(false);
        ILookup<InputKey, (string Name, string Value)> tagsOf = tags.ToLookup(static tag => tag.Input, static tag => (tag.Name, tag.Value));
        (sql, arguments) = ForRuns(InputsOfRuns, runs, "name", null);
        List<(InputKey Input, DatasetInput Dataset)> inputs = await _database.QueryAsync(
            sql,
            static row => (
                new InputKey(row.GetInt64(0), row.GetInt64(1), row.GetString(2)),
                new DatasetInput(row.GetString(3), row.GetString(4))
                {
                    Uri = row.IsDBNull(5) ? null : row.GetString(5),
                    UriType = row.IsDBNull(6) ? null : row.GetString(6),
                    Schema = row.IsDBNull(7) ? null : row.GetString(7),
                    Profile = row.IsDBNull(8) ? null : row.GetString(8),
                    Rows = row.IsDBNull(9) ? null : row.GetInt64(9),
                    Context = row.GetString(2) is { Length: > 0 } context ? context : null,
                }),
            cancellationToken, arguments).ConfigureAwait(false);
        return inputs.ToLookup(
            static input => input.Input.Run,
            input => tagsOf.Contains(input.Input)
                ? input.Dataset with { Tags = tagsOf[input.Input].ToDictionary(static tag => tag.Name, static tag => tag.Value, StringComparer.Ordinal) }
                : input.Dataset);
    }

    /// <summary>The datasets of an experiment's runs, each once per context.</summary>
    public ValueTask<List<DatasetSummary>> ListExperimentDatasetsAsync(string experiment, int take, CancellationToken cancellationToken) => _database.QueryAsync(
        """
        SELECT DISTINCT d.name, d.digest, i.context
        FROM tracking_experiment e
        JOIN tracking_dataset d ON d.experiment = e.experiment
        JOIN tracking_input i ON i.dataset = d.dataset
        JOIN tracking_run r ON r.run = i.run
        WHERE e.name = @experiment AND e.deleted IS NULL AND r.deleted IS NULL
        ORDER BY d.name, d.digest, i.context LIMIT @take
        """,
        static row => new DatasetSummary(row.GetString(0), row.GetString(1), row.GetString(2) is { Length: > 0 } context ? context : null),
        cancellationToken, ("@experiment", experiment), ("@take", take));

    /// <summary>The numbers of those runs that there are.</summary>
    public ValueTask<List<(long Key, string Id)>> FindKeysAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        (string sql, ReadOnlyMemory<string> parameters) = RunQuerySql.ForRuns(KeysOfRuns, ids.Count);
        var arguments = new (string, SqlValue)[parameters.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = (parameters.Span[i], ids[Math.Min(i, ids.Count - 1)]);
        }

        return _database.QueryAsync(sql, static row => (row.GetInt64(0), row.GetString(1)), cancellationToken, arguments);
    }

    private static void AddInput(SqlSession session, long run, long experiment, DatasetInput input, long now)
    {
        long dataset = RequireDataset(session, experiment, input, now);
        string context = input.Context ?? "";
        session.Execute(
            """
            INSERT INTO tracking_input (run, dataset, context, created) VALUES (@run, @dataset, @context, @created)
            ON CONFLICT (run, dataset, context) DO NOTHING
            """,
            ("@run", run), ("@dataset", dataset), ("@context", context), ("@created", now));
        foreach ((string name, string value) in input.Tags ?? new Dictionary<string, string>())
        {
            session.Execute(
                """
                INSERT INTO tracking_input_tag (run, dataset, context, name, value) VALUES (@run, @dataset, @context, @name, @value)
                ON CONFLICT (run, dataset, context, name) DO UPDATE SET value = excluded.value
                """,
                ("@run", run), ("@dataset", dataset), ("@context", context), ("@name", name), ("@value", value));
        }
    }

    /// <summary>The dataset's number, created when it is new; not removed before this transaction ends.</summary>
    private static long RequireDataset(SqlSession session, long experiment, DatasetInput dataset, long now)
    {
        while (true)
        {
            long? found = session.QueryFirst(
                KeptDataset.For(session), static row => (long?)row.GetInt64(0),
                ("@experiment", experiment), ("@name", dataset.Name), ("@digest", dataset.Digest));
            if (found is { } number)
            {
                return number;
            }

            session.Execute(
                """
                INSERT INTO tracking_dataset (experiment, name, digest, uri, uri_type, columns, profile, row_count, created)
                VALUES (@experiment, @name, @digest, @uri, @type, @columns, @profile, @rows, @created)
                ON CONFLICT (experiment, name, digest) DO NOTHING
                """,
                ("@experiment", experiment), ("@name", dataset.Name), ("@digest", dataset.Digest), ("@uri", dataset.Uri), ("@type", dataset.UriType),
                ("@columns", dataset.Schema), ("@profile", dataset.Profile), ("@rows", dataset.Rows), ("@created", now));
        }
    }

    private readonly record struct InputKey(long Run, long Dataset, string Context);
}
