using System.Diagnostics;
using System.Globalization;
using Mlops.Tuning.Tests;

namespace Mlops.Benchmarks.Tuning;

/// <summary>
/// What an ask costs with 10 real parameters, without the store: verb <c>tuning-ask [sampler [trials ...]]</c>. An ask is the proposal and
/// the 10 values; medians of 100 asks, each followed by its tell.
/// </summary>
public static class TuningAsk
{
    private const int Asks = 100;

    /// <summary>Prints a table.</summary>
    public static void Run(string[] args)
    {
        string[] samplers = args.Length > 1 ? [args[1]] : [.. QualityRun.Samplers.Keys];
        int[] sizes = args.Length > 2 ? Array.ConvertAll(args[2..], static size => int.Parse(size, CultureInfo.InvariantCulture)) : [100, 1_000, 10_000];
        Console.WriteLine("| sampler | trials | ms per ask, median | lowest | CPU ms, mean | bytes |");
        Console.WriteLine("|---|---:|---:|---:|---:|---:|");
        foreach (string sampler in samplers)
        {
            Array.ForEach(sizes, size => Measure(sampler, size));
        }
    }

    private static void Measure(string sampler, int trials)
    {
        Func<SamplerHarness, double> problem = Problems.All["sphere10"];
        new SamplerHarness(QualityRun.Samplers[sampler], 0).Run(problem, Math.Min(trials, 500)); // lets the just-in-time compiler settle
        var harness = new SamplerHarness(QualityRun.Samplers[sampler], 1);
        harness.Run(problem, trials - (Asks / 2));
        double[] times = new double[Asks];
        long allocated = 0;
        TimeSpan cpu = TimeSpan.Zero;
        for (int i = 0; i < Asks; i++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan spent = Environment.CpuUsage.TotalTime;
            long started = Stopwatch.GetTimestamp();
            harness.Begin();
            double value = problem(harness);
            times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            cpu += Environment.CpuUsage.TotalTime - spent;
            allocated += GC.GetAllocatedBytesForCurrentThread() - bytes;
            harness.End(value);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {sampler} | {trials:N0} | {QualityComparison.Median(times):F3} | {times.Min():F3} | {cpu.TotalMilliseconds / Asks:F3} | {allocated / Asks:N0} |"));
    }
}
