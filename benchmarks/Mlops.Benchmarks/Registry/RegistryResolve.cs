using System.Diagnostics;
using System.Globalization;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Registry;

/// <summary>What a reference costs to resolve on SQLite, from memory and from the database: verb <c>registry</c>.</summary>
public static class RegistryResolve
{
    private const int Models = 100;
    private const int VersionsEach = 20;
    private const int Rounds = 21;

    /// <summary>Prints the median time and the bytes of one call.</summary>
    public static async Task RunAsync()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-benchmark-").FullName;
        try
        {
            await using var database = new SqliteDatabase($"Data Source={Path.Combine(folder, "registry.db")}");
            var artifacts = new ArtifactCatalog(database, new FileArtifactStore(Path.Combine(folder, "artifacts")));
            await using var cached = new ModelRegistry(database, artifacts, new RegistryOptions { PollInterval = TimeSpan.FromHours(1) });
            await using var uncached = new ModelRegistry(database, artifacts, new RegistryOptions { CacheAliases = false });
            await FillAsync(cached);
            Console.WriteLine("| reference | us per call | bytes per call |");
            Console.WriteLine("|---|---:|---:|");
            await MeasureAsync("`model@alias`, from memory", 20_000, () => cached.GetAsync("model-50@champion"));
            await MeasureAsync("`model@alias`, from the database", 500, () => uncached.GetAsync("model-50@champion"));
            await MeasureAsync("`model/number`, from the database", 500, () => uncached.GetAsync("model-50/7"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task FillAsync(ModelRegistry registry)
    {
        for (int model = 0; model < Models; model++)
        {
            for (int version = 1; version <= VersionsEach; version++)
            {
                await registry.RegisterAsync(
                    $"model-{model}", new MemoryStream([1]),
                    new() { Format = ModelFormat.Other, Tags = new Dictionary<string, string> { ["kind"] = "ridge", ["team"] = "transit" } });
            }

            await registry.SetAliasAsync($"model-{model}", "champion", VersionsEach, Expected.None);
        }
    }

    private static async Task MeasureAsync(string what, int calls, Func<Task<ModelVersion>> call)
    {
        var times = new double[Rounds];
        long allocated = 0;
        for (int round = -1; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
            {
                await call();
            }

            if (round >= 0)
            {
                times[round] = Stopwatch.GetElapsedTime(started).TotalMicroseconds / calls;
                allocated = (GC.GetTotalAllocatedBytes(precise: true) - before) / calls;
            }
        }

        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {times[Rounds / 2]:F2} | {allocated:N0} |"));
    }
}
