using System.Diagnostics;
using Mlops.Mlflow.Tests.Artifacts;
using Mlops.Mlflow.Tests.Experiments;
using Mlops.Mlflow.Tests.Metrics;
using Mlops.Mlflow.Tests.Models;
using Mlops.Mlflow.Tests.Protocol;
using Mlops.Mlflow.Tests.Runs;
using Mlops.Mlflow.Tests.Versions;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;

namespace Mlops.Mlflow.Tests;

internal static class PostgreSql
{
    public static void Choose(IMlopsStorageBuilder storage, string folder) =>
        storage.UsePostgreSql(PostgreSqlServer.DatabaseOf(folder)).UseFileArtifacts(Path.Combine(folder, "artifacts"));
}

/// <summary>Counts what the driver sends, of which its activities tell.</summary>
internal static class Commands
{
    /// <summary>The commands over tables of a prefix that a call takes; no other may run meanwhile.</summary>
    public static async Task<int> CountAsync(string prefix, Func<Task> call)
    {
        int commands = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Interlocked.Add(ref commands, $"{activity.GetTagItem("db.query.text") ?? activity.GetTagItem("db.statement")}".Contains(prefix, StringComparison.Ordinal) ? 1 : 0),
        };
        ActivitySource.AddActivityListener(listener);
        await call();
        return commands;
    }
}

public sealed class PostgreSqlExperimentTests : ExperimentSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunTests : RunSuite
{
    /// <summary>Each is a round trip to the server, and those are most of what a creation takes.</summary>
    [Test]
    public async Task A_run_is_created_by_four_commands_and_the_commit()
    {
        string other = await CreateExperimentAsync();
        await CreateRunAsync("0");

        Assert.That(await Commands.CountAsync("tracking_", () => CreateRunAsync("0")), Is.InRange(1, 3), "of the default experiment everything is known");
        Assert.That(await Commands.CountAsync("tracking_", () => CreateRunAsync(other)), Is.InRange(1, 4), "another's name is looked up");
    }

    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunLogTests : RunLogSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlRunSearchTests : RunSearchSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlMetricTests : MetricSuite
{
    /// <summary>Counted here because this engine's driver tells of its commands.</summary>
    [Test]
    public async Task An_interval_of_many_runs_takes_a_few_commands_of_each()
    {
        string[] runs = new string[20];
        for (int i = 0; i < runs.Length; i++)
        {
            runs[i] = await LogLongAsync(3_000);
        }

        string query = string.Join('&', runs.Select(static run => $"run_ids={run}"));
        Answer answer = null!;
        int commands = await Commands.CountAsync("tracking_", async () => answer = await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&metric_key=m&max_results=1000"));

        Assert.That(answer["metrics"].GetArrayLength(), Is.EqualTo(20 * 1_001));
        Assert.That(commands, Is.InRange(runs.Length, 5 * runs.Length));
    }

    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlArtifactTests : ArtifactSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlModelTests : ModelSuite
{
    /// <summary>Counted here because this engine's driver tells of its commands.</summary>
    [Test]
    public async Task A_page_of_models_takes_the_same_number_of_readings_however_long_it_is()
    {
        string prefix = Fresh("page") + "-";
        for (int i = 0; i < 20; i++)
        {
            await Registry.RegisterReferenceAsync($"{prefix}{i}", "s3://b/m");
        }

        int few = await CommandsOfAsync(2), many = await CommandsOfAsync(20);

        Assert.That(few, Is.GreaterThan(0));
        Assert.That(many, Is.EqualTo(few));

        async Task<int> CommandsOfAsync(int models)
        {
            Answer page = null!;
            int commands = await Commands.CountAsync(
                "registry_", async () => page = await Server.GetAsync($"registered-models/search?max_results={models}&filter={Uri.EscapeDataString($"name LIKE '{prefix}%'")}"));
            Assert.That(page["registered_models"].EnumerateArray().Count(static model => model.GetProperty("latest_versions").GetArrayLength() == 1), Is.EqualTo(models));
            return commands;
        }
    }

    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlVersionTests : VersionSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlTransportTests : TransportSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlFuzzTests : FuzzSuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}

public sealed class PostgreSqlConcurrencyTests : ConcurrencySuite
{
    protected override void Choose(IMlopsStorageBuilder storage, string folder) => PostgreSql.Choose(storage, folder);
}
