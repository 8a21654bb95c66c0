namespace Mlops.Orchestration.TestWorker;

/// <summary>What the crash tests run: pure arithmetic with an oracle, spread over steps of a few milliseconds.</summary>
public static class CrashPipelines
{
    public static IPipelineDefinition[] All => [new Chain(), new Shapes(), new Frozen(), new Wide(), new Ticked()];

    /// <summary>What a process that starts a run of its own starts it with.</summary>
    public const int StartedSeed = 7;

    /// <summary>A linear congruential step: cheap, pure, and wrong results do not cancel out.</summary>
    public static long Mix(long x, long salt) => unchecked((x ^ salt) * 6364136223846793005L + 1442695040888963407L);

    internal static async Task<long> WorkAsync(long x, long salt, StepContext context)
    {
        await Task.Delay(1 + (int)((ulong)Mix(x, salt + context.Attempt) % 8), context.CancellationToken);
        return Mix(x, salt);
    }
}
