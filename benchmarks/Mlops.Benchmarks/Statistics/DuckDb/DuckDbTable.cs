using System.Globalization;
using DuckDB.NET.Data;

namespace Mlops.Benchmarks.Statistics.DuckDb;

/// <summary>A million rows of a normal value and its category in a DuckDB table in memory, read by one thread.</summary>
internal sealed class DuckDbTable : IDisposable
{
    private const int Categories = 200;
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public DuckDbTable()
    {
        Values = Samples.ToSingle(Samples.Normal(11));
        Names = Array.ConvertAll(Values, static x => $"category {int.Min(Categories - 1, (int)(Math.Abs(x) * Categories / 3))}");
        _connection.Open();
        Execute("SET threads = 1");
        Execute("CREATE TABLE samples (x FLOAT, name VARCHAR)");
        using DuckDBAppender appender = _connection.CreateAppender("samples");
        for (int i = 0; i < Values.Length; i++)
            appender.CreateRow().AppendValue(Values[i]).AppendValue(Names[i]).EndRow();
    }

    public float[] Values { get; }

    public string[] Names { get; }

    /// <summary>The first column of the first row as a number.</summary>
    public double Query(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToDouble(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    public void Dispose() => _connection.Dispose();

    private void Execute(string sql)
    {
        using DuckDBCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
