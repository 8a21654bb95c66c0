namespace Mlops.Orchestration.TestWorker;

/// <summary>The shapes that the crash tests run, each with a pure oracle of its result.</summary>
public static class CrashPipelines
{
    public static IPipelineDefinition[] All => [new Chain()];

    /// <summary>A linear congruential step: cheap, pure, and wrong results do not cancel out.</summary>
    public static long Mix(long x, long salt) => unchecked((x ^ salt) * 6364136223846793005L + 1442695040888963407L);

    public static async Task<long> WorkAsync(long x, long salt, StepContext context)
    {
        await Task.Delay((int)((ulong)Mix(x, salt + context.Attempt) % 12), context.CancellationToken);
        return Mix(x, salt);
    }
}

public sealed class Chain : IPipelineDefinition<long>
{
    public const int Length = 40;

    public Step<long> Last { get; private set; } = null!;

    public static long Oracle(long seed)
    {
        long x = CrashPipelines.Mix(seed, 0);
        for (int i = 1; i < Length; i++)
        {
            x = CrashPipelines.Mix(x, i);
        }

        return x;
    }

    public void Define(PipelineBuilder<long> p)
    {
        Step<long> step = p.Step("step-0", static ctx => CrashPipelines.WorkAsync(ctx.Parameters, 0, ctx));
        for (int i = 1; i < Length; i++)
        {
            int salt = i;
            step = p.Step($"step-{i}", step, (x, ctx) => CrashPipelines.WorkAsync(x, salt, ctx));
        }

        Last = step;
    }
}
