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
    public async ValueTask<(List<RunRecord> Runs, RunPosition? Next)> ListRunsAsync(
        string experiment, RunQuery query, RunPosition? after, CancellationToken cancellationToken)
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

        (string sql, (string Name, SqlValue Value)[] arguments) = Bind(experiment, query, metric, after);
        List<(RunRow Row, long Position)> rows = await _database.QueryAsync(
            sql, static row => (MapRun(row), row.GetInt64(9)), cancellationToken, arguments).ConfigureAwait(false);

        RunPosition? next = null;
        if (rows.Count > query.Take)
        {
            rows.RemoveAt(query.Take);
            next = new RunPosition(rows[^1].Position, rows[^1].Row.Key);
        }

        return (await DescribeAsync(rows.ConvertAll(static row => row.Row), cancellationToken).ConfigureAwait(false), next);
    }

    /// <summary>Adds parameters, tags and metric summaries to the rows, three queries however many there are.</summary>
    public async ValueTask<List<RunRecord>> DescribeAsync(List<RunRow> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        ILookup<long, (string Name, string Value)> parameters = await ReadTextsAsync(ParametersOfRuns, rows, cancellationToken).ConfigureAwait(false);
        ILookup<long, (string Name, string Value)> tags = await ReadTextsAsync(TagsOfRuns, rows, cancellationToken).ConfigureAwait(false);
        ILookup<long, (string Name, MetricSummary Summary)> metrics = await ReadSummariesAsync(rows, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(row => new RunRecord
        {
            Id = row.Id,
            Experiment = row.Experiment,
            Name = row.Name,
            ParentId = row.ParentId,
            Status = row.Status,
            StartTime = UnixTime.ToTime(row.Started),
            EndTime = row.Ended is { } ended ? UnixTime.ToTime(ended) : null,
            DroppedItems = row.Dropped,
            Parameters = parameters[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Tags = tags[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Value, StringComparer.Ordinal),
            Metrics = metrics[row.Key].ToDictionary(static pair => pair.Name, static pair => pair.Summary, StringComparer.Ordinal),
        });
    }

    private static (string Sql, (string Name, SqlValue Value)[] Arguments) Bind(
        string experiment, RunQuery query, long metric, RunPosition? after)
    {
        var shape = new RunQuerySql.Shape(
            query.Order.Metric is not null, query.Order.IsDescending, query.Status is not null, query.ParentId is not null,
            query.Tags?.Count ?? 0, query.Parameters?.Count ?? 0, after is not null);
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
        if (after is { } position)
        {
            arguments.Add(("@value", position.Value));
            arguments.Add(("@run", position.Run));
        }

        arguments.Add(("@take", query.Take + 1));
        return (RunQuerySql.List(shape), [.. arguments]);
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
        string text, List<RunRow> rows, CancellationToken cancellationToken)
    {
        (string sql, (string, SqlValue)[] arguments) = ForRuns(text, rows);
        List<(long Run, string Name, string Value)> found = await _database.QueryAsync(
            sql, static row => (row.GetInt64(0), row.GetString(1), row.GetString(2)), cancellationToken, arguments).ConfigureAwait(false);
        return found.ToLookup(static item => item.Run, static item => (item.Name, item.Value));
    }

    private async ValueTask<ILookup<long, (string Name, MetricSummary Summary)>> ReadSummariesAsync(
        List<RunRow> rows, CancellationToken cancellationToken)
    {
        (string sql, (string, SqlValue)[] arguments) = ForRuns(MetricsOfRuns, rows);
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

    private static (string Sql, (string, SqlValue)[] Arguments) ForRuns(string text, List<RunRow> rows)
    {
        (string sql, ReadOnlyMemory<string> names) = RunQuerySql.ForRuns(text, rows.Count);
        var arguments = new (string, SqlValue)[names.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            // The list is filled up with its last run, so that few texts serve every length.
            arguments[i] = (names.Span[i], rows[Math.Min(i, rows.Count - 1)].Key);
        }

        return (sql, arguments);
    }
}
