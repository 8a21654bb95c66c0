using System.Globalization;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>The benchmarks of pipelines: verb <c>orchestration chain | wide | resume | workers | memory | idle</c>, each described by its class.</summary>
public static class OrchestrationBenchmarks
{
    /// <summary>Runs one of them.</summary>
    public static Task RunAsync(string[] args)
    {
        int Rounds(int index, int unsaid) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : unsaid;
        return args.ElementAtOrDefault(1) switch
        {
            "chain" => OrchestrationChain.RunAsync(Rounds(2, 11)),
            "wide" => OrchestrationWide.RunAsync(Rounds(2, 5)),
            "resume" => OrchestrationResume.RunAsync(Rounds(2, 5)),
            "workers" when args.Length > 2 => OrchestrationWorkers.RunAsync(args[2], Rounds(3, 3)),
            "memory" => OrchestrationMemory.RunAsync(Rounds(2, 21)),
            "idle" => OrchestrationIdle.RunAsync(args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 10, args.ElementAtOrDefault(3)),
            _ => throw new ArgumentException(
                "Say which: orchestration chain [rounds] | wide [rounds] | resume [rounds] | workers \"Host=...\" [rounds] | memory [rounds] | idle [seconds] [\"Host=...\"]", nameof(args)),
        };
    }
}
