using System.Data.Common;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Drift;

public sealed partial class DriftStore
{
    // Unset filters are parameters that let everything through, so that each query is one text.
    internal const string WhereReports = """
        WHERE monitor = @monitor AND number IN (
            SELECT number FROM drift_report
            WHERE monitor = @monitor AND number < @before AND evaluated_at >= @from AND evaluated_at < @to
            AND (@any_version = 1 OR model_version = @version) AND verdict IN (@verdict_a, @verdict_b, @verdict_c)
            ORDER BY number DESC LIMIT @take)
        ORDER BY number DESC
        """;

    /// <summary>A monitor's reports, newest first.</summary>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="take">How many, 1 to 1 000.</param>
    /// <param name="before">The last report of the page before; null for the newest.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public ValueTask<IReadOnlyList<StoredReport>> ListReportsAsync(
        string monitor, int take = 100, StoredReport? before = null, CancellationToken cancellationToken = default) =>
        ListReportsAsync(monitor, new ReportQuery { Take = take, Before = before?.Id }, cancellationToken);

    /// <summary>Those of a monitor's reports that a query asks for, in the order of their commits, newest first.</summary>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="query">Which reports.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="ArgumentOutOfRangeException">Something in the query is out of its range.</exception>
    public ValueTask<IReadOnlyList<StoredReport>> ListReportsAsync(string monitor, ReportQuery query, CancellationToken cancellationToken = default) =>
        QueryReportsAsync(
            "SELECT number, report FROM drift_report " + WhereReports,
            static row => new StoredReport(row.GetInt64(0), DriftReport.FromJson(row.GetString(1))),
            monitor, query, cancellationToken);

    /// <summary>
    /// What a monitor's reports say of one column, newest first: one point for each report of the query, also for those that lack the
    /// column. Each report is read whole and dropped again, so a query of a thousand takes seconds where reports have hundreds of columns.
    /// </summary>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="feature">The column's name.</param>
    /// <param name="query">Which reports; null for the newest hundred.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="ArgumentOutOfRangeException">Something in the query is out of its range.</exception>
    public ValueTask<IReadOnlyList<FeaturePoint>> ListFeatureHistoryAsync(
        string monitor, string feature, ReportQuery? query = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(feature);
        return QueryReportsAsync(
            "SELECT number, evaluated_at, model_version, report FROM drift_report " + WhereReports,
            row => ReadPoint(row, feature),
            monitor, query ?? new ReportQuery(), cancellationToken);
    }

    /// <summary>A monitor's latest alerts, newest first.</summary>
    public ValueTask<IReadOnlyList<StoredAlert>> ListAlertsAsync(string monitor, int take = 100, CancellationToken cancellationToken = default) =>
        ListAlertsAsync(monitor, new AlertQuery { Take = take }, cancellationToken);

    /// <summary>Those of a monitor's alerts that a query asks for, by the time they were raised, newest first.</summary>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="query">Which alerts.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="ArgumentOutOfRangeException">Something in the query is out of its range.</exception>
    public async ValueTask<IReadOnlyList<StoredAlert>> ListAlertsAsync(string monitor, AlertQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        return await _database.QueryAsync(
            AlertsSql(query.OnlyStanding),
            static row => new StoredAlert(
                JsonSerializer.Deserialize(row.GetString(0), DriftJson.Default.DriftAlert)!,
                row.IsDBNull(1) ? null : UnixMicroseconds.ToTime(row.GetInt64(1))),
            cancellationToken,
            ("@monitor", monitor),
            ("@before", query.Before is { } last ? UnixMicroseconds.From(last.Alert.At) : long.MaxValue),
            ("@before_id", query.Before?.Alert.Id ?? ""),
            ("@from", FirstMicrosecond(query.From, long.MinValue)),
            ("@to", FirstMicrosecond(query.To, long.MaxValue)),
            ("@any_kind", query.Kind is null ? 1L : 0L),
            ("@kind", (long)(query.Kind ?? default)),
            ("@take", (long)query.Take)).ConfigureAwait(false);
    }

    // The index of standing alerts serves only a query that says so.
    internal static string AlertsSql(bool onlyStanding) =>
        $"""
        SELECT alert, cleared_at FROM drift_alert
        WHERE monitor = @monitor AND (raised_at, id) < (@before, @before_id) AND raised_at >= @from AND raised_at < @to
        AND (@any_kind = 1 OR kind = @kind) {(onlyStanding ? "AND cleared_at IS NULL" : "")}
        ORDER BY raised_at DESC, id DESC LIMIT @take
        """;

    private async ValueTask<IReadOnlyList<T>> QueryReportsAsync<T>(
        string sql, Func<DbDataReader, T> map, string monitor, ReportQuery query, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(query);
        query.Validate();
        DriftVerdict[] verdicts = query.Verdicts.Count == 0 ? Enum.GetValues<DriftVerdict>() : [.. query.Verdicts.Distinct()];
        return await _database.QueryAsync(
            sql,
            map,
            cancellationToken,
            ("@monitor", monitor),
            ("@before", query.Before ?? long.MaxValue),
            ("@from", FirstMicrosecond(query.From, long.MinValue)),
            ("@to", FirstMicrosecond(query.To, long.MaxValue)),
            ("@any_version", query.ModelVersion is null ? 1L : 0L),
            ("@version", query.ModelVersion ?? ""),
            ("@verdict_a", (long)verdicts[0]),
            ("@verdict_b", (long)verdicts[verdicts.Length > 1 ? 1 : 0]),
            ("@verdict_c", (long)verdicts[^1]),
            ("@take", (long)query.Take)).ConfigureAwait(false);
    }

    private static FeaturePoint ReadPoint(DbDataReader row, string feature)
    {
        FeatureDrift? drift = DriftReport.FromJson(row.GetString(3)).Features.FirstOrDefault(f => f.Name == feature);
        return new FeaturePoint(
            row.GetInt64(0), UnixMicroseconds.ToTime(row.GetInt64(1)), row.IsDBNull(2) ? null : row.GetString(2), drift?.Verdict, drift?.Effect, drift?.AdjustedPValue);
    }

    // A bound between two microseconds is the later one, so that what is stored before it stays before it.
    private static long FirstMicrosecond(DateTimeOffset? bound, long none)
    {
        if (bound is not { } time)
            return none;
        long stored = UnixMicroseconds.From(time);
        return UnixMicroseconds.ToTime(stored) < time ? stored + 1 : stored;
    }
}
