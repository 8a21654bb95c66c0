using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>Adds points to the summaries of their series, many series per statement: each statement is a round trip elsewhere.</summary>
internal sealed class SeriesUpsert
{
    private static readonly SeriesUpsert[] Sizes = [new(32), new(8), new(1)];

    private readonly int _rows;
    private readonly string _sql;
    private readonly string[] _names;

    private SeriesUpsert(int rows)
    {
        _rows = rows;
        _names = ["@run", .. Enumerable.Range(0, rows).SelectMany(static row => ColumnNames(row))];
        _sql = Build(rows);
    }

    /// <param name="session">The open write.</param>
    /// <param name="run">The run.</param>
    /// <param name="totals">What is added, at most once per series.</param>
    public static void Execute(SqlSession session, long run, ReadOnlySpan<SeriesTotals> totals)
    {
        foreach (SeriesUpsert statement in Sizes)
        {
            while (totals.Length >= statement._rows)
            {
                statement.ExecuteOne(session, run, totals[..statement._rows]);
                totals = totals[statement._rows..];
            }
        }
    }

    private void ExecuteOne(SqlSession session, long run, ReadOnlySpan<SeriesTotals> totals)
    {
        var arguments = new (string, SqlValue)[_names.Length];
        int at = 0;
        Add(run);
        foreach (SeriesTotals series in totals)
        {
            Add(series.Key);
            Add(series.Points);
            Add(series.MinimumOrder);
            Add(series.MaximumOrder);
            Add(series.Last.Step);
            Add(series.Last.Time);
            Add(ValueOrder.Of(series.Last.Value));
            Add(series.Last.Bits);
        }

        session.Execute(_sql, arguments);

        void Add(SqlValue value)
        {
            arguments[at] = (_names[at], value);
            at++;
        }
    }

    private static string[] ColumnNames(int row) => Array.ConvertAll(
        ["metric", "points", "minimum", "maximum", "step", "time", "order", "bits"],
        column => string.Create(CultureInfo.InvariantCulture, $"@{column}{row}"));

    private static string Build(int rows)
    {
        var sql = new StringBuilder(
            """
            INSERT INTO tracking_series
                (run, metric, points, minimum_order, maximum_order, last_step, last_time, last_order, last_bits)
            VALUES
            """);
        for (int row = 0; row < rows; row++)
        {
            sql.Append(row == 0 ? " (@run, " : ", (@run, ").AppendJoin(", ", ColumnNames(row)).Append(')');
        }

        sql.Append("""

            ON CONFLICT (run, metric) DO UPDATE SET
                points = tracking_series.points + excluded.points,
                minimum_order = CASE
                    WHEN excluded.minimum_order IS NULL OR tracking_series.minimum_order <= excluded.minimum_order
                    THEN tracking_series.minimum_order ELSE excluded.minimum_order END,
                maximum_order = CASE
                    WHEN excluded.maximum_order IS NULL OR tracking_series.maximum_order >= excluded.maximum_order
                    THEN tracking_series.maximum_order ELSE excluded.maximum_order END
            """);
        foreach (string column in (string[])["last_step", "last_time", "last_order", "last_bits"])
        {
            sql.Append(CultureInfo.InvariantCulture, $"""
                ,
                    {column} = CASE
                        WHEN (excluded.last_step, excluded.last_time, excluded.last_order, excluded.last_bits)
                            > (tracking_series.last_step, tracking_series.last_time, tracking_series.last_order, tracking_series.last_bits)
                        THEN excluded.{column} ELSE tracking_series.{column} END
                """);
        }

        return sql.ToString();
    }
}
