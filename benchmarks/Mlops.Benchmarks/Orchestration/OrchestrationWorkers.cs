using System.Globalization;
using Mlops.Benchmarks.Tracking;
using Mlops.Orchestration;
using Mlops.Storage.PostgreSql;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>
/// Four workers on one PostgreSQL database, each with connections of its own, at level Process (synchronous_commit=off): verb
/// <c>orchestration workers "Host=..." [rounds]</c>. One fan-out of 6 000, and 32 chains at once. CPU is this process's, without the server's.
/// </summary>
internal static class OrchestrationWorkers
{
    private const int Workers = 4;
    private const int Items = 6_000;
    private const int Chains = 32;
    private const int ChainSteps = 100;

    public static async Task RunAsync(string postgreSql, int rounds)
    {
        string schema = TemporaryFolder.NewSchema(postgreSql);
        Console.WriteLine($"| PostgreSQL, {Workers} workers | slots each | steps | seconds | {StepCost.Header}");
        Console.WriteLine($"|---|---:|---:|---:|{StepCost.Rule}");
        foreach (int slots in (int[])[2, 16, 64])
        {
            OrchestrationHost[] hosts = [.. Enumerable.Range(0, Workers).Select(_ => new OrchestrationHost(new PostgreSqlDatabase(schema), slots, new FanOut(), new Chain(ChainSteps)))];
            foreach (OrchestrationHost host in hosts)
            {
                host.Start();
            }

            await PrintAsync($"fan-out of {Items:N0}", slots, Items + 2, rounds, async () =>
            {
                PipelineRun run = await hosts[0].RunAsync<FanOut, int>(Items);
                if (await run.GetResultAsync<long>("sum") != FanOut.Sum(Items))
                {
                    throw new InvalidOperationException("The sum of the results is wrong.");
                }
            });
            await PrintAsync(
                $"{Chains} chains of {ChainSteps}", slots, Chains * ChainSteps, rounds,
                () => Task.WhenAll(Enumerable.Range(0, Chains).Select(i => hosts[i % Workers].RunAsync<Chain, long>(i))));
            foreach (OrchestrationHost host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    private static async Task PrintAsync(string what, int slots, int steps, int rounds, Func<Task> run)
    {
        List<StepCost> costs = [];
        for (int round = -1; round < rounds; round++)
        {
            StepCost cost = await StepCost.MeasureAsync(steps, run);
            if (round >= 0)
            {
                costs.Add(cost);
            }
        }

        StepCost median = StepCost.Median(costs);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {what} | {slots} | {steps:N0} | {median.WallMicroseconds * steps / 1e6:N2} | {median}"));
    }
}
