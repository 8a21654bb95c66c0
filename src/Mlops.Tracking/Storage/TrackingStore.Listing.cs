using System.Globalization;
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
    public async ValueTask<(List<RunRecord> Runs, OrderPosition? Next)> ListRunsAsync(
        IReadOnlyList<string> experiments, RunQuery query, Filter? filter, RunColumns? columns, OrderPosition? after, CancellationToken cancellationToken)
    {
        SqlText sql = RunQuerySql.List(experiments, query, await LookUpAsync(experiments, filter, cancellationToken).ConfigureAwait(false), after);
        Ordering order = query.Order.Keys;
        List<(RunRow Row, OrderPosition Position)> rows = await _database.QueryAsync(
            sql.ToString(), row => (MapRun(row), order.PositionOf(row, RunQuerySql.OrderColumn)), cancellationToken, sql.Arguments).ConfigureAwait(false);

        OrderPosition? next = null;
        if (rows.Count > query.Take)
        {
            rows.RemoveAt(query.Take);
            next = rows[^1].Position;
        }

        return (await DescribeAsync(rows.ConvertAll(static row => row.Row), cancellationToken, columns).ConfigureAwait(false), next);
    }

    /// <summary>How many runs of the experiments a filter holds for.</summary>
    public async ValueTask<long> CountRunsAsync(IReadOnlyList<string> experiments, Filter? filter, Lifecycle lifecycle, CancellationToken cancellationToken)
    {
        SqlText sql = RunQuerySql.Count(experiments, lifecycle, await LookUpAsync(experiments, filter, cancellationToken).ConfigureAwait(false));
        List<long> counts = await _database.QueryAsync(sql.ToString(), static row => row.GetInt64(0), cancellationToken, sql.Arguments).ConfigureAwait(false);
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
        return rows.ConvertAll(row => Describe(row, parameters[row.Key], tags[row.Key], metrics[row.Key]));
    }

    private static RunRecord Describe(
        RunRow row, IEnumerable<(string Name, string Value)> parameters, IEnumerable<(string Name, string Value)> tags, IEnumerable<(string Name, MetricSummary Summary)> metrics) => new()
        {
            Id = row.Id,
            ExperimentId = row.ExperimentId,
            Experiment = row.Experiment,
            Name = row.Name,
            ParentId = row.ParentId,
            Status = row.Status,
            StartTime = UnixMicroseconds.ToTime(row.Started),
            EndTime = row.Ended is { } ended ? UnixMicroseconds.ToTime(ended) : null,
            DeletedAt = row.Deleted is { } deleted ? UnixMicroseconds.ToTime(deleted) : null,
            DroppedItems = row.Dropped,
            IsLost = row.IsLost,
            Parameters = parameters.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Tags = tags.ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Metrics = metrics.ToDictionary(static pair => pair.Name, static pair => pair.Summary, StringComparer.Ordinal),
        };

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
                new MetricPoint(row.GetInt64(5), UnixMicroseconds.ToTime(row.GetInt64(6)), BitConverter.Int64BitsToDouble(row.GetInt64(7))))),
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
