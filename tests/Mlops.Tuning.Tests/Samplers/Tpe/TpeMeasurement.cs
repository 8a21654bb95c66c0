using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning.Tests;

/// <summary>Quality over the reference problems and CPU per ask. Run by name, in a Release build.</summary>
[Explicit("Measures; asserts nothing.")]
[Category("Measurement")]
public sealed class TpeMeasurement
{
    private static readonly int[] Budgets = [25, 50, 60, 75, 100];

    /// <summary>
    /// Writes <c>{problem: {seed: {budget: best so far}}}</c> to the file named by MLOPS_TUNING_RESULTS, for seeds 0 to MLOPS_TUNING_SEEDS - 1.
    /// MLOPS_TUNING_SAMPLER is tpe, univariate, grouped or random.
    /// </summary>
    [Test]
    public async Task Quality()
    {
        int seeds = int.Parse(Environment.GetEnvironmentVariable("MLOPS_TUNING_SEEDS") ?? "20", CultureInfo.InvariantCulture);
        ISampler sampler = Environment.GetEnvironmentVariable("MLOPS_TUNING_SAMPLER") switch
        {
            "random" => new RandomSampler(),
            "univariate" => new TpeSampler { Multivariate = false },
            "grouped" => new TpeSampler { Grouped = true },
            _ => new TpeSampler(),
        };
        var results = new SortedDictionary<string, Dictionary<string, Dictionary<string, double>>>(StringComparer.Ordinal);
        foreach ((string name, Func<SamplerHarness, double> problem) in Problems.All)
        {
            results[name] = Enumerable.Range(0, seeds).ToDictionary(
                static seed => seed.ToString(CultureInfo.InvariantCulture),
                seed =>
                {
                    var harness = new SamplerHarness(sampler, seed);
                    return Budgets.ToDictionary(static budget => budget.ToString(CultureInfo.InvariantCulture), budget => harness.Run(problem, budget));
                });
        }

        await File.WriteAllTextAsync(
            Environment.GetEnvironmentVariable("MLOPS_TUNING_RESULTS") ?? Path.Combine(Path.GetTempPath(), "tpe.json"), JsonSerializer.Serialize(results));
    }

    /// <summary>The CPU time of one joint choice of 10 real parameters.</summary>
    [TestCase(100)]
    [TestCase(1_000)]
    [TestCase(10_000)]
    public async Task Ask_with_ten_parameters(int trials)
    {
        Func<SamplerHarness, double> problem = Problems.All["sphere10"];
        new SamplerHarness(new TpeSampler(), 0).Run(problem, 500); // lets the just-in-time compiler settle
        var harness = new SamplerHarness(new TpeSampler(), 1);
        harness.Run(problem, trials - 50);
        const int Asks = 100;
        long allocated = 0;
        double fastest = double.PositiveInfinity;
        TimeSpan cpu = TimeSpan.Zero;
        for (int i = 0; i < Asks; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan spent = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            harness.Begin();
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            cpu += Environment.CpuUsage.TotalTime - spent;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            harness.End(problem(harness));
        }

        await TestContext.Out.WriteLineAsync(FormattableString.Invariant(
            $"ask at {trials} trials: {cpu.TotalMilliseconds / Asks:F3} ms CPU on average, fastest {fastest:F3} ms wall, {allocated / Asks} B"));
    }
}
