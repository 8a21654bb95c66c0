namespace Mlops.Orchestration.TestWorker;

/// <summary>Steps that each need the one before.</summary>
public sealed class Chain : IPipelineDefinition<long>
{
    public const int Length = 60;

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
    }
}
