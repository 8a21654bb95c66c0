using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private const string ExperimentColumns = $"e.experiment, e.name, e.created, {ExperimentFields.Changed}, e.deleted";
    private const int ExperimentColumnCount = 5;

    private const string TagsOfExperiments =
        "SELECT experiment, name, value FROM tracking_experiment_tag WHERE experiment IN ({runs}) ORDER BY experiment, name";

    private const string ExperimentWithTags =
        $"SELECT {ExperimentColumns}, t.name, t.value FROM tracking_experiment e LEFT JOIN tracking_experiment_tag t ON t.experiment = e.experiment";

    private const string ExperimentOfName = ExperimentWithTags + " WHERE e.name = @value ORDER BY t.name";
    private const string ExperimentOfId = ExperimentWithTags + " WHERE e.experiment = @value ORDER BY t.name";

    private static readonly LockingSql SharedExperiment = new(
        "SELECT experiment, deleted FROM tracking_experiment WHERE name = @name{lock}", LockingSql.Share);

    private static readonly Func<DbDataReader, ExperimentRow> MapExperiment = static row => new ExperimentRow(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4));

    /// <summary>Creates an experiment.</summary>
    /// <exception cref="ExperimentExistsException">The name is taken.</exception>
    public Task<long> CreateExperimentAsync(string name, IReadOnlyList<KeyValuePair<string, string>> tags, long now, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            (name, tags, now), static (session, state) => CreateExperiment(session, state.name, state.tags, state.now), _durability, cancellationToken);

    /// <summary>Gives an experiment another name.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    /// <exception cref="ExperimentExistsException">The new name is taken.</exception>
    public async Task<long> RenameExperimentAsync(string name, string newName, long now, CancellationToken cancellationToken)
    {
        try
        {
            return await _database.WriteAsync(
                (name, newName, now), static (session, state) => RenameExperiment(session, state.name, state.newName, state.now), _durability, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StorageException exception) when (exception.InnerException is DbException inner && _database.Dialect.IsUniqueViolation(inner))
        {
            // Another writer took the name between the look and the change.
            Experiment? other = await ReadExperimentAsync(ExperimentOfName, newName, cancellationToken).ConfigureAwait(false);
            throw new ExperimentExistsException(newName, other?.IsDeleted == true);
        }
    }

    /// <summary>Sets a tag of an experiment.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    public Task<bool> SetExperimentTagAsync(string name, string key, string value, long now, CancellationToken cancellationToken) => _database.WriteAsync(
        (name, key, value, now),
        static (session, state) =>
        {
            SetExperimentTag(session, ChangeExperiment(session, state.name, state.now), state.key, state.value);
            return true;
        },
        _durability,
        cancellationToken);

    /// <summary>Removes a tag of an experiment; false when it has none of that key.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    public Task<bool> RemoveExperimentTagAsync(string name, string key, long now, CancellationToken cancellationToken) => _database.WriteAsync(
        (name, key, now),
        static (session, state) => session.Execute(
            "DELETE FROM tracking_experiment_tag WHERE experiment = @experiment AND name = @name",
            ("@experiment", ChangeExperiment(session, state.name, state.now)), ("@name", state.key)) == 1,
        _durability,
        cancellationToken);

    /// <summary>A page of experiments with their positions, one more than asked for when there are more.</summary>
    public ValueTask<List<(ExperimentRow Row, OrderPosition Position)>> ListExperimentsAsync(
        Filter? filter, Ordering order, Lifecycle lifecycle, int take, OrderPosition? after, CancellationToken cancellationToken)
    {
        SqlText sql = new SqlText().Append($"SELECT {ExperimentColumns}");
        order.AppendColumns(sql);
        sql.Append(" FROM tracking_experiment e ");
        order.AppendJoins(sql);
        sql.Append(lifecycle switch
        {
            Lifecycle.Active => "WHERE e.deleted IS NULL",
            Lifecycle.Deleted => "WHERE e.deleted IS NOT NULL",
            _ => "WHERE 1 = 1",
        });
        if (filter is not null)
        {
            filter.AppendTo(sql.Append(" AND "));
        }

        if (after is not null)
        {
            order.AppendAfter(sql.Append(" AND "), after);
        }

        order.AppendOrderBy(sql);
        sql.Append(" LIMIT ").AppendArgument((long)take + 1);
        return _database.QueryAsync(
            sql.ToString(), row => (MapExperiment(row), order.PositionOf(row, ExperimentColumnCount)), cancellationToken, sql.Arguments);
    }

    /// <summary>Adds the tags to the rows, one query however many there are.</summary>
    public async ValueTask<List<Experiment>> DescribeAsync(List<ExperimentRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        (string sql, (string, SqlValue)[] arguments) = ForRuns(TagsOfExperiments, rows.ConvertAll(static row => row.Key), "name", null);
        List<(long Experiment, string Name, string Value)> found = await _database.QueryAsync(
            sql, static row => (row.GetInt64(0), row.GetString(1), row.GetString(2)), cancellationToken, arguments).ConfigureAwait(false);
        ILookup<long, (string Name, string Value)> tags = found.ToLookup(static item => item.Experiment, static item => (item.Name, item.Value));
        return rows.ConvertAll(row => Describe(row, tags[row.Key]));
    }

    /// <summary>An experiment with its tags in one query; null when there is none.</summary>
    /// <param name="sql"><see cref="ExperimentOfName"/> or <see cref="ExperimentOfId"/>.</param>
    /// <param name="value">The name or the id.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    private async Task<Experiment?> ReadExperimentAsync(string sql, SqlValue value, CancellationToken cancellationToken)
    {
        List<(ExperimentRow Row, string? Name, string? Value)> rows = await _database.QueryAsync(
            sql,
            static row => (MapExperiment(row), row.IsDBNull(ExperimentColumnCount) ? null : row.GetString(ExperimentColumnCount), row.IsDBNull(ExperimentColumnCount) ? null : row.GetString(ExperimentColumnCount + 1)),
            cancellationToken, ("@value", value)).ConfigureAwait(false);
        return rows.Count == 0 ? null : Describe(rows[0].Row, rows.Where(static row => row.Name is not null).Select(static row => (row.Name!, row.Value!)));
    }

    private static Experiment Describe(ExperimentRow row, IEnumerable<(string Name, string Value)> tags) => new()
    {
        Id = row.Key,
        Name = row.Name,
        CreatedAt = UnixMicroseconds.ToTime(row.Created),
        ChangedAt = UnixMicroseconds.ToTime(row.Changed),
        DeletedAt = row.Deleted is { } deleted ? UnixMicroseconds.ToTime(deleted) : null,
        Tags = tags.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
    };

    /// <summary>The experiment of a run that starts, created when it is new; not deleted before this transaction ends.</summary>
    private static long RequireExperiment(SqlSession session, string name, long now)
    {
        while (true)
        {
            (long Experiment, bool IsDeleted)? found = session.QueryFirst(
                SharedExperiment.For(session), static row => ((long, bool)?)(row.GetInt64(0), !row.IsDBNull(1)), ("@name", name));
            if (found is { } experiment)
            {
                return experiment.IsDeleted ? throw new ExperimentDeletedException(name) : experiment.Experiment;
            }

            session.Execute(
                "INSERT INTO tracking_experiment (name, created) VALUES (@name, @created) ON CONFLICT (name) DO NOTHING",
                ("@name", name), ("@created", now));
        }
    }

    private static long CreateExperiment(SqlSession session, string name, IReadOnlyList<KeyValuePair<string, string>> tags, long now)
    {
        long? experiment = session.QueryFirst(
            "INSERT INTO tracking_experiment (name, created) VALUES (@name, @created) ON CONFLICT (name) DO NOTHING RETURNING experiment",
            static row => (long?)row.GetInt64(0), ("@name", name), ("@created", now));
        if (experiment is null)
        {
            throw new ExperimentExistsException(name, FindExperiment(session, name)?.Deleted is not null);
        }

        foreach ((string key, string value) in tags)
        {
            SetExperimentTag(session, experiment.Value, key, value);
        }

        return experiment.Value;
    }

    private static long RenameExperiment(SqlSession session, string name, string newName, long now)
    {
        long experiment = ChangeExperiment(session, name, now);
        if (FindExperiment(session, newName) is { } other && other.Key != experiment)
        {
            throw new ExperimentExistsException(newName, other.Deleted is not null);
        }

        session.Execute("UPDATE tracking_experiment SET name = @name WHERE experiment = @experiment", ("@name", newName), ("@experiment", experiment));
        return experiment;
    }

    /// <summary>Notes that the experiment changes, under its row's lock.</summary>
    private static long ChangeExperiment(SqlSession session, string name, long now) => session.QueryFirst(
        "UPDATE tracking_experiment SET changed = @now WHERE name = @name AND deleted IS NULL RETURNING experiment",
        static row => (long?)row.GetInt64(0), ("@now", now), ("@name", name))
        ?? throw (FindExperiment(session, name) is null ? new ExperimentNotFoundException(name) : new ExperimentDeletedException(name));

    private static void SetExperimentTag(SqlSession session, long experiment, string name, string value) => session.Execute(
        """
        INSERT INTO tracking_experiment_tag (experiment, name, value) VALUES (@experiment, @name, @value)
        ON CONFLICT (experiment, name) DO UPDATE SET value = excluded.value
        """,
        ("@experiment", experiment), ("@name", name), ("@value", value));

    private static ExperimentRow? FindExperiment(SqlSession session, string name) => session.QueryFirst(
        $"SELECT {ExperimentColumns} FROM tracking_experiment e WHERE e.name = @name", MapExperiment, ("@name", name));
}

/// <summary>A row of <c>tracking_experiment</c>.</summary>
internal sealed record ExperimentRow(long Key, string Name, long Created, long Changed, long? Deleted);
