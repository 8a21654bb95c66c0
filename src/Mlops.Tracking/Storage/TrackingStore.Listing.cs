using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    private const string ParametersOfRuns =
        "SELECT run, name, value FROM tracking_parameter WHERE run IN ({runs}) ORDER BY run, name";

    private const string TagsOfRuns =
        "SELECT run, name, value FROM tracking_tag WHERE run IN ({runs}) ORDER BY run, name";

    private const string MetricsOfRuns =
        """
        SELECT s.run, k.name, s.points, s.minimum_order, s.maximum_order, s.last_step, s.last_time, s.last_bits
        FROM tracking_series s JOIN tracking_key k ON k.metric = s.metric
        WHERE s.run IN ({runs})
        ORDER BY s.run, s.metric
        """;

    /// <summary>A page of runs, and the position behind its last run when there are more.</summary>
    public async ValueTask<(List<RunRecord> Runs, RunPosition? Next)> ListRunsAsync(
        string experiment, RunQuery query, FilterNode? filter, RunColumns? columns, RunPosition? after, CancellationToken cancellationToken)
    {
        long metric = 0;
        if (query.Order.Metric is { } name)
        {
            if (await FindMetricAsync(name, cancellationToken).ConfigureAwait(false) is not { } known)
            {
                return ([], null);
            }

            metric = known;
        }

        (string sql, (string Name, SqlValue Value)[] arguments) = Bind(experiment, query, filter, metric, after);
        List<(RunRow Row, long Position)> rows = await _database.QueryAsync(
            sql, static row => (MapRun(row), row.GetInt64(RunColumnCount)), cancellationToken, arguments).ConfigureAwait(false);

        RunPosition? next = null;
        if (rows.Count > query.Take)
        {
            rows.RemoveAt(query.Take);
            next = new RunPosition(rows[^1].Position, rows[^1].Row.Key);
        }

        return (await DescribeAsync(rows.ConvertAll(static row => row.Row), cancellationToken, columns).ConfigureAwait(false), next);
    }

    /// <summary>How many runs of an experiment a filter holds for.</summary>
    public async ValueTask<long> CountRunsAsync(string experiment, FilterNode? filter, Lifecycle lifecycle, CancellationToken cancellationToken)
    {
        List<(string, SqlValue)> arguments = [("@experiment", experiment)];
        var sql = new StringBuilder("SELECT COUNT(*) FROM tracking_run r LEFT JOIN tracking_run p ON p.run = r.parent WHERE ");
        sql.Append(RunLifecycleSql.OfExperiment(lifecycle));
        if (filter is not null)
        {
            sql.Append(" AND ");
            FilterSql.Append(filter, sql, arguments);
        }

        List<long> counts = await _database.QueryAsync(sql.ToString(), static row => row.GetInt64(0), cancellationToken, [.. arguments]).ConfigureAwait(false);
        return counts[0];
    }

    /// <summary>Adds parameters, tags and metric summaries to the rows, three queries however many there are.</summary>
    public async ValueTask<List<RunRecord>> DescribeAsync(List<RunRow> rows, CancellationToken cancellationToken, RunColumns? columns = null)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        List<long> runs = rows.ConvertAll(static row => row.Key);
        ILookup<long, (string Name, string Value)> parameters = await ReadTextsAsync(ParametersOfRuns, runs, columns?.Parameters, cancellationToken).ConfigureAwait(false);
        ILookup<long, (string Name, string Value)> tags = await ReadTextsAsync(TagsOfRuns, runs, columns?.Tags, cancellationToken).ConfigureAwait(false);
        ILookup<long, (string Name, MetricSummary Summary)> metrics = await ReadSummariesAsync(runs, columns?.Metrics, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(row => new RunRecord
        {
            Id = row.Id,
            ExperimentId = row.ExperimentId,
            Experiment = row.Experiment,
            Name = row.Name,
            ParentId = row.ParentId,
            Status = row.Status,
            StartTime = UnixTime.ToTime(row.Started),
            EndTime = row.Ended is { } ended ? UnixTime.ToTime(ended) : null,
            DeletedAt = row.Deleted is { } deleted ? UnixTime.ToTime(deleted) : null,
            DroppedItems = row.Dropped,
            Parameters = parameters[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Tags = tags[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Metrics = metrics[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Summary, StringComparer.Ordinal),
        });
    }

    private static (string Sql, (string Name, SqlValue Value)[] Arguments) Bind(
        string experiment, RunQuery query, FilterNode? filter, long metric, RunPosition? after)
    {
        var shape = new RunQuerySql.Shape(
            query.Order.Metric is not null, query.Order.IsDescending, query.Status is not null, query.ParentId is not null,
            query.Tags?.Count ?? 0, query.Parameters?.Count ?? 0, after is not null, query.Lifecycle);
        List<(string, SqlValue)> arguments = [];
        if (shape.ByMetric)
        {
            arguments.Add(("@metric", metric));
        }

        arguments.Add(("@experiment", experiment));
        if (query.Status is { } status)
        {
            arguments.Add(("@status", (long)status));
        }

        if (query.ParentId is { } parent)
        {
            arguments.Add(("@parent", parent));
        }

        AddEqualities(arguments, "t", query.Tags);
        AddEqualities(arguments, "p", query.Parameters);
        var condition = new StringBuilder();
        if (filter is not null)
        {
            FilterSql.Append(filter, condition, arguments);
        }

        if (after is { } position)
        {
            arguments.Add(("@value", position.Value));
            arguments.Add(("@run", position.Run));
        }

        arguments.Add(("@take", query.Take + 1));
        return (filter is null ? RunQuerySql.List(shape) : RunQuerySql.List(shape, condition.ToString()), [.. arguments]);
    }

    private static void AddEqualities(List<(string, SqlValue)> arguments, string prefix, IReadOnlyDictionary<string, string>? pairs)
    {
        int i = 0;
        foreach ((string name, string value) in pairs ?? new Dictionary<string, string>())
        {
            arguments.Add((string.Create(CultureInfo.InvariantCulture, $"@{prefix}n{i}"), name));
            arguments.Add((string.Create(CultureInfo.InvariantCulture, $"@{prefix}v{i}"), value));
            i++;
        }
    }

    private async ValueTask<ILookup<long, (string Name, string Value)>> ReadTextsAsync(
        string text, List<long> runs, IReadOnlyList<string>? names, CancellationToken cancellationToken)
    {
        if (names?.Count == 0)
        {
            return Array.Empty<(long, string, string)>().ToLookup(static item => item.Item1, static item => (item.Item2, item.Item3));
        }

        (string sql, (string, SqlValue)[] arguments) = ForRuns(text, runs, "name", names);
        List<(long Run, string Name, string Value)> found = await _database.QueryAsync(
            sql, static row => (row.GetInt64(0), row.GetString(1), row.GetString(2)), cancellationToken, arguments).ConfigureAwait(false);
        return found.ToLookup(static item => item.Run, static item => (item.Name, item.Value));
    }

    private async ValueTask<ILookup<long, (string Name, MetricSummary Summary)>> ReadSummariesAsync(
        List<long> runs, IReadOnlyList<string>? names, CancellationToken cancellationToken)
    {
        if (names?.Count == 0)
        {
            return Array.Empty<(long, string, MetricSummary)>().ToLookup(static item => item.Item1, static item => (item.Item2, item.Item3));
        }

        (string sql, (string, SqlValue)[] arguments) = ForRuns(MetricsOfRuns, runs, "k.name", names);
        List<(long Run, string Name, MetricSummary Summary)> found = await _database.QueryAsync(
            sql,
            static row => (row.GetInt64(0), row.GetString(1), new MetricSummary(
                row.GetInt64(2),
                row.IsDBNull(3) ? null : ValueOrder.ToDouble(row.GetInt64(3)),
                row.IsDBNull(4) ? null : ValueOrder.ToDouble(row.GetInt64(4)),
                new MetricPoint(row.GetInt64(5), UnixTime.ToTime(row.GetInt64(6)), BitConverter.Int64BitsToDouble(row.GetInt64(7))))),
            cancellationToken, arguments).ConfigureAwait(false);
        return found.ToLookup(static item => item.Run, static item => (item.Name, item.Summary));
    }

    /// <param name="text">The query.</param>
    /// <param name="runs">The runs, 1 to 1 000.</param>
    /// <param name="column">The column that <paramref name="names"/> are of.</param>
    /// <param name="names">Which of them to read; null for all.</param>
    private static (string Sql, (string, SqlValue)[] Arguments) ForRuns(string text, List<long> runs, string column, IReadOnlyList<string>? names)
    {
        (string sql, ReadOnlyMemory<string> parameters) = RunQuerySql.ForRuns(text, runs.Count);
        var arguments = new (string, SqlValue)[parameters.Length + (names?.Count ?? 0)];
        for (int i = 0; i < parameters.Length; i++)
        {
            // The list is filled up with its last run, so that few texts serve every length.
            arguments[i] = (parameters.Span[i], runs[Math.Min(i, runs.Count - 1)]);
        }

        for (int i = 0; i < names?.Count; i++)
        {
            arguments[parameters.Length + i] = (string.Create(CultureInfo.InvariantCulture, $"@n{i}"), names[i]);
        }

        if (names is null)
        {
            return (sql, arguments);
        }

        string chosen = string.Join(", ", arguments.Skip(parameters.Length).Select(static argument => argument.Item1));
        return (sql.Replace("ORDER BY", $"AND {column} IN ({chosen}) ORDER BY", StringComparison.Ordinal), arguments);
    }
}
