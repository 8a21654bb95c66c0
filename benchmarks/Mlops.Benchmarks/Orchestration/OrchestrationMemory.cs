using System.Globalization;
using Mlops.Orchestration;
using Mlops.Orchestration.Testing;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>Runs in memory, for unit tests: verb <c>orchestration memory [rounds]</c>. The baseline calls the same delegates in a loop.</summary>
internal static class OrchestrationMemory
{
    private const int Steps = 10_000;

    public static async Task RunAsync(int rounds)
    {
        PipelineGraph chain = PipelineGraph.Of(new Chain(Steps));
        PipelineGraph fanOut = PipelineGraph.Of(new FanOut());
        (string Name, Func<Task> Run)[] contenders =
        [
            ("the delegates in a loop", LoopAsync),
            ("chain", async () => (await InMemoryPipeline.RunAsync<long>(chain, 0)).EnsureSucceeded()),
            ("fan-out", async () => (await InMemoryPipeline.RunAsync(fanOut, Steps - 2)).EnsureSucceeded()),
        ];
        List<StepCost>[] costs = [.. contenders.Select(static _ => new List<StepCost>())];
        for (int round = -5; round < rounds; round++)
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

        Console.WriteLine($"| in memory, {Steps:N0} steps | us per step, median of {rounds} | least | CPU us | B allocated |");
        Console.WriteLine("|---|---:|---:|---:|---:|");
        for (int i = 0; i < contenders.Length; i++)
        {
            StepCost median = StepCost.Median(costs[i]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {contenders[i].Name} | {median.WallMicroseconds:N2} | {costs[i].Min(static c => c.WallMicroseconds):N2} | {median.CpuMicroseconds:N2} | {median.Bytes:N0} |"));
        }
    }

    private static async Task LoopAsync()
    {
        Func<long, Task<long>> step = static x => Task.FromResult(x + 1);
        long result = 0;
        for (int i = 0; i < Steps; i++)
        {
            result = await step(result);
        }

        GC.KeepAlive(result);
    }
}
