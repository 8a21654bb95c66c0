using System.Globalization;
using Microsoft.Data.Sqlite;
using Mlops.Benchmarks.Tracking;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>
/// One step after the other on SQLite: verb <c>orchestration chain [rounds]</c>. The baseline is what a program does that keeps its place in a
/// table: a prepared INSERT of the result and an UPDATE of the state, committed per step by the driver alone. Contenders take turns.
/// </summary>
internal static class OrchestrationChain
{
    private const int Steps = 1_000;

    public static async Task RunAsync(int rounds)
    {
        using var folder = new TemporaryFolder();
        using var plain = new PlainSteps();
        await using OrchestrationHost process = Host(folder, "process", Durability.Process);
        await using OrchestrationHost power = Host(folder, "power", Durability.Power);
        (string Name, Durability Level, Func<Task> Run)[] contenders =
        [
            ("a commit per step, driver alone", Durability.Process, () => Task.Run(() => plain.Run(Durability.Process, Steps))),
            ("chain", Durability.Process, () => process.RunAsync<Chain, long>(0)),
            ("a commit per step, driver alone", Durability.Power, () => Task.Run(() => plain.Run(Durability.Power, Steps))),
            ("chain", Durability.Power, () => power.RunAsync<Chain, long>(0)),
        ];
        List<StepCost>[] costs = [.. contenders.Select(static _ => new List<StepCost>())];
        for (int round = -2; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Length; i++)
            {
                StepCost cost = await StepCost.MeasureAsync(Steps, contenders[i].Run);
                if (round >= 0)
                {
                    costs[i].Add(cost);
                }
            }
        }

        Console.WriteLine($"| SQLite, {Steps:N0} steps, medians of {rounds} | level | {StepCost.Header} times the baseline |");
        Console.WriteLine($"|---|---|{StepCost.Rule}---:|");
        for (int i = 0; i < contenders.Length; i++)
        {
            double ratio = costs[i].Zip(costs[i / 2 * 2], static (own, other) => own.WallMicroseconds / other.WallMicroseconds).Order().ElementAt(rounds / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {contenders[i].Name} | {contenders[i].Level} | {StepCost.Median(costs[i])} {ratio:N2}x |"));
        }
    }

    private static OrchestrationHost Host(TemporaryFolder folder, string name, Durability level)
    {
        var host = new OrchestrationHost(
            new SqliteDatabase($"Data Source={folder.PathOf(name + ".db")}"), new PipelineWorkerOptions { MaximumConcurrentSteps = 2, StepDurability = level }, new Chain(Steps));
        host.Start();
        return host;
    }

    private sealed class PlainSteps : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly SqliteConnection _connection;
        private long _run;

        public PlainSteps()
        {
            _connection = new SqliteConnection($"Data Source={_folder.PathOf("plain.db")};Pooling=False");
            _connection.Open();
            Execute("PRAGMA journal_mode = WAL");
            Execute("CREATE TABLE step (run INTEGER NOT NULL, key TEXT NOT NULL, result BLOB NOT NULL, PRIMARY KEY (run, key)) STRICT");
            Execute("CREATE TABLE run (id INTEGER PRIMARY KEY, done INTEGER NOT NULL) STRICT");
        }

        public void Run(Durability level, int steps)
        {
            Execute(level == Durability.Power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO run (id, done) VALUES ({++_run}, 0)"));
            using SqliteCommand insert = Prepare("INSERT INTO step (run, key, result) VALUES (@run, @key, @result)");
            SqliteParameter key = insert.Parameters.Add("@key", SqliteType.Text);
            SqliteParameter result = insert.Parameters.Add("@result", SqliteType.Blob);
            using SqliteCommand update = Prepare("UPDATE run SET done = done + 1 WHERE id = @run");
            using SqliteCommand begin = Prepare("BEGIN IMMEDIATE", hasRun: false);
            using SqliteCommand commit = Prepare("COMMIT", hasRun: false);
            for (int i = 0; i < steps; i++)
            {
                key.Value = string.Create(CultureInfo.InvariantCulture, $"step-{i}");
                result.Value = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(i);
                begin.ExecuteNonQuery();
                insert.ExecuteNonQuery();
                update.ExecuteNonQuery();
                commit.ExecuteNonQuery();
            }
        }

        public void Dispose()
        {
            _connection.Dispose();
            _folder.Dispose();
        }

        private SqliteCommand Prepare(string sql, bool hasRun = true)
        {
            SqliteCommand command = _connection.CreateCommand();
            command.CommandText = sql;
            if (hasRun)
            {
                command.Parameters.AddWithValue("@run", _run);
            }

            return command;
        }

        private void Execute(string sql)
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
