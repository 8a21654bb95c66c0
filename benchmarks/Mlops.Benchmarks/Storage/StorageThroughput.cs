using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Npgsql;

namespace Mlops.Benchmarks.Storage;

/// <summary>
/// Rows per second that are acknowledged: verb <c>storage [seconds] [PostgreSQL connection string]</c>. Every producer awaits its row
/// before it sends the next. The baseline commits each row by itself at level Power, on one connection of the driver. Contenders take
/// turns, so that a machine that gets slower meanwhile slows all of them; the rows of each turn are counted afterwards.
/// </summary>
public static class StorageThroughput
{
    private const int Rounds = 7;
    private const int Producers = 64;

    private static readonly Contender[] Contenders =
    [
        new("one commit per row, driver alone", 1, Durability.Power, IsBaseline: true),
        new("group commit, 1 producer", 1, Durability.Power),
        new("group commit, 1 producer", 1, Durability.Process),
        new($"group commit, {Producers} producers", Producers, Durability.Power),
        new($"group commit, {Producers} producers", Producers, Durability.Process),
    ];

    /// <summary>Runs every contender once per round for the seconds given, 1 unless said otherwise, and prints medians.</summary>
    public static async Task RunAsync(string[] args)
    {
        var turn = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 1);
        string folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            Console.WriteLine($"| engine | how | level | acknowledged rows/s | against the baseline | lowest to highest, {Rounds} rounds | CPU us per row |");
            Console.WriteLine("|---|---|---|---:|---:|---:|---:|");
            await MeasureAsync(new SqliteTarget(folder), turn);
            if (args.Length > 2)
            {
                await MeasureAsync(new PostgreSqlTarget(args[2]), turn);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(Target target, TimeSpan turn)
    {
        var outcomes = new Outcome[Contenders.Length, Rounds];
        await using (Database database = target.Open())
        {
            database.Require(Target.Rows);
            await database.OpenAsync();
            long next = 0;
            foreach (Contender contender in Contenders)
            {
                await MeasureAsync(target, database, contender, turn / 4, next += 10_000_000);
            }

            for (int round = 0; round < Rounds; round++)
            {
                for (int i = 0; i < Contenders.Length; i++)
                {
                    outcomes[i, round] = await MeasureAsync(target, database, Contenders[i], turn, next += 10_000_000);
                }
            }
        }

        for (int i = 0; i < Contenders.Length; i++)
        {
            Outcome[] own = [.. Enumerable.Range(0, Rounds).Select(round => outcomes[i, round])];
            double[] ratios = [.. own.Select((outcome, round) => outcome.RowsPerSecond / outcomes[0, round].RowsPerSecond).Order()];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {target.Name} | {Contenders[i].Name} | {Contenders[i].Level} | {Median(own.Select(static o => o.RowsPerSecond)):N0} | {ratios[Rounds / 2]:N1}x | {ratios[0]:N1}x to {ratios[^1]:N1}x | {Median(own.Select(static o => o.CpuPerRow.TotalMicroseconds)):N1} |"));
        }
    }

    private static async Task<Outcome> MeasureAsync(Target target, Database database, Contender contender, TimeSpan turn, long first)
    {
        TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        long rows = contender.IsBaseline
            ? await Task.Run(() => target.CommitEach(first, started, turn))
            : await ProduceAsync(database, contender, first, started, turn);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        TimeSpan cpu = Environment.CpuUsage.TotalTime - cpuBefore;
        long stored = (await database.QueryAsync(
            "SELECT count(*) FROM benchmark_row WHERE id > @first AND id <= @last", static row => row.GetInt64(0), CancellationToken.None, ("@first", first), ("@last", first + 10_000_000)))[0];
        return stored == rows
            ? new Outcome(rows / elapsed.TotalSeconds, cpu / rows)
            : throw new InvalidOperationException($"{rows} rows were acknowledged and {stored} are stored.");
    }

    private static async Task<long> ProduceAsync(Database database, Contender contender, long first, long started, TimeSpan turn)
    {
        long next = first;
        long[] acknowledged = await Task.WhenAll(Enumerable.Range(0, contender.Producers).Select(_ => Task.Run(async () =>
        {
            long rows = 0;
            while (Stopwatch.GetElapsedTime(started) < turn)
            {
                rows += await database.WriteAsync(
                    Interlocked.Increment(ref next),
                    static (session, id) => session.Execute(Target.Insert, ("@id", id), ("@name", "loss"), ("@value", 0.125)),
                    contender.Level);
            }

            return rows;
        })));
        return acknowledged.Sum();
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private sealed record Contender(string Name, int Producers, Durability Level, bool IsBaseline = false);

    private sealed record Outcome(double RowsPerSecond, TimeSpan CpuPerRow);

    private abstract class Target
    {
        public const string Insert = "INSERT INTO benchmark_row (id, name, value) VALUES (@id, @name, @value)";

        public static readonly MigrationSet Rows = new("benchmark",
        [
            new Migration(1, "CREATE TABLE benchmark_row (id {int} NOT NULL PRIMARY KEY, name {text} NOT NULL, value {real}) {table};"),
        ]);

        public abstract string Name { get; }

        public abstract Database Open();

        /// <summary>What a program does that has a prepared INSERT and no queue; returns how many rows were committed.</summary>
        public abstract long CommitEach(long first, long started, TimeSpan turn);
    }

    private sealed class SqliteTarget(string folder) : Target
    {
        private readonly string _connectionString = $"Data Source={Path.Combine(folder, "storage.db")};Pooling=False";

        public override string Name => $"SQLite {SQLitePCL.raw.sqlite3_libversion().utf8_to_string()}";

        public override Database Open() => new SqliteDatabase(_connectionString);

        public override long CommitEach(long first, long started, TimeSpan turn)
        {
            using var connection = new SqliteConnection(_connectionString);
            connection.Open();
            using SqliteCommand level = connection.CreateCommand();
            level.CommandText = "PRAGMA synchronous = FULL";
            level.ExecuteNonQuery();
            using SqliteCommand insert = connection.CreateCommand();
            insert.CommandText = Insert;
            SqliteParameter id = insert.Parameters.Add("@id", SqliteType.Integer);
            insert.Parameters.AddWithValue("@name", "loss");
            insert.Parameters.AddWithValue("@value", 0.125);
            insert.Prepare();
            long rows = 0;
            while (Stopwatch.GetElapsedTime(started) < turn)
            {
                id.Value = first + ++rows;
                insert.ExecuteNonQuery();
            }

            return rows;
        }
    }

    private sealed class PostgreSqlTarget(string connectionString) : Target
    {
        private string _version = "";

        public override string Name => $"PostgreSQL {_version}";

        public override Database Open()
        {
            using var connection = new NpgsqlConnection(connectionString);
            connection.Open();
            _version = connection.PostgreSqlVersion.ToString();
            using var create = new NpgsqlCommand("DROP SCHEMA IF EXISTS mlops_benchmark CASCADE; CREATE SCHEMA mlops_benchmark", connection);
            create.ExecuteNonQuery();
            return new PostgreSqlDatabase(InSchema);
        }

        public override long CommitEach(long first, long started, TimeSpan turn)
        {
            using var connection = new NpgsqlConnection(InSchema);
            connection.Open();
            using (var level = new NpgsqlCommand("SET synchronous_commit = on", connection))
            {
                level.ExecuteNonQuery();
            }

            using var insert = new NpgsqlCommand(Insert, connection);
            NpgsqlParameter<long> id = new("@id", 0L);
            insert.Parameters.Add(id);
            insert.Parameters.Add(new NpgsqlParameter<string>("@name", "loss"));
            insert.Parameters.Add(new NpgsqlParameter<double>("@value", 0.125));
            insert.Prepare();
            long rows = 0;
            while (Stopwatch.GetElapsedTime(started) < turn)
            {
                id.TypedValue = first + ++rows;
                insert.ExecuteNonQuery();
            }

            return rows;
        }

        private string InSchema => $"{connectionString};Search Path=mlops_benchmark";
    }
}
