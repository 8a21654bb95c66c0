using System.Globalization;
using Mlops.Benchmarks.Tracking;
using Mlops.Orchestration;
using Mlops.Storage.Sqlite;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>
/// Fan-outs and layers of growing size on SQLite, in one process at level Process: verb <c>orchestration wide [rounds]</c>. What a step costs
/// should not depend on how many there are. Also prints what a step holds of the heap while a large run is under way.
/// </summary>
internal static class OrchestrationWide
{
    private const int HeapSteps = 100_000;

    public static async Task RunAsync(int rounds)
    {
        Console.WriteLine($"| SQLite, Process | slots | steps | seconds | {StepCost.Header}");
        Console.WriteLine($"|---|---:|---:|---:|{StepCost.Rule}");
        foreach ((int items, int slots) in ((int, int)[])[(1_000, 256), (10_000, 256), (100_000, 256), (10_000, 64), (10_000, 2)])
        {
            await PrintAsync("fan-out", slots, items + 2, items > 10_000 ? 1 : rounds, new FanOut(), async host =>
            {
                PipelineRun run = await host.RunAsync<FanOut, int>(items);
                if (await run.GetResultAsync<long>("sum") != FanOut.Sum(items))
                {
                    throw new InvalidOperationException("The sum of the results is wrong.");
                }
            });
        }

        foreach ((int width, int depth) in ((int, int)[])[(100, 10), (1_000, 10), (100, 100), (3, 1_000)])
        {
            await PrintAsync($"layers of {width}, three inputs each", 64, width * depth, rounds, new Layers(width, depth), host => host.RunAsync<Layers, long>(1));
        }

        await PrintAsync("chain", 2, 10_000, rounds, new Chain(10_000), host => host.RunAsync<Chain, long>(1));
        await PrintHeapAsync();
    }

    private static async Task PrintAsync(string what, int slots, int steps, int rounds, IPipelineDefinition definition, Func<OrchestrationHost, Task> run)
    {
        using var folder = new TemporaryFolder();
        await using var host = new OrchestrationHost(new SqliteDatabase($"Data Source={folder.PathOf("wide.db")}"), slots, definition);
        host.Start();
        await StepCost.CountAsync(host.Database);
        List<StepCost> costs = [];
        for (int round = -1; round < rounds; round++)
        {
            StepCost cost = await StepCost.MeasureAsync(steps, () => run(host));
            if (round >= 0)
            {
                costs.Add(cost);
            }
        }

        StepCost median = StepCost.Median(costs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {what} | {slots} | {steps:N0} | {median.WallMicroseconds * steps / 1e6:N2} | {median}"));
    }

    private static async Task PrintHeapAsync()
    {
        using var folder = new TemporaryFolder();
        long before = 0;
        List<(string When, long Bytes)> held = [];
        var definition = new FanOut
        {
            Visit = i =>
            {
                if (i % (HeapSteps / 4) == HeapSteps / 8)
                {
                    held.Add(($"while step {i:N0} runs", GC.GetTotalMemory(forceFullCollection: true) - before));
                }
            },
            Join = () => held.Add(("while the last step has all results", GC.GetTotalMemory(forceFullCollection: true) - before)),
        };
        await using var host = new OrchestrationHost(new SqliteDatabase($"Data Source={folder.PathOf("heap.db")}"), 64, definition);
        host.Start();
        await host.RunAsync<FanOut, int>(1_000);
        held.Clear();
        before = GC.GetTotalMemory(forceFullCollection: true);
        await host.RunAsync<FanOut, int>(HeapSteps);
        Console.WriteLine();
        Console.WriteLine($"| heap of a fan-out of {HeapSteps:N0} | B per step |");
        Console.WriteLine("|---|---:|");
        foreach ((string when, long bytes) in held)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {when} | {(double)bytes / HeapSteps:N1} |"));
        }
    }
}
