namespace Mlops.Orchestration.TestWorker;

/// <summary>Diamond, limited fan-out and join, retries with a checkpoint, a cached step and a decision in one run.</summary>
public sealed class Shapes : IPipelineDefinition<long>
{
    public const int Items = 40;

    private const int MaximumParallel = 3;

    /// <summary>The step that holds the result, and the result.</summary>
    public static (string Step, long Result) Oracle(long seed)
    {
        long retried = Retried(seed);
        return retried > 0 ? ("positive", CrashPipelines.Mix(retried, 6)) : ("negative", CrashPipelines.Mix(retried, 7));
    }

    public void Define(PipelineBuilder<long> p)
    {
        Step<long> top = p.Step("top", static ctx => CrashPipelines.WorkAsync(ctx.Parameters, 1, ctx));
        Step<long> left = p.Step("left", top, static (x, ctx) => CrashPipelines.WorkAsync(x, 2, ctx)).WithCache(new CachePolicy { Version = "1" });
        Step<long> right = p.Step("right", top, static (x, ctx) => CrashPipelines.WorkAsync(x, 3, ctx));
        Steps<long> items = p.ForEach(
            "item",
            left,
            static x => Enumerable.Range(0, Items).Select(i => x ^ i),
            static x => $"{x:x16}",
            right,
            static (x, r, ctx) => CrashPipelines.WorkAsync(x, r, ctx)).WithMaximumParallel(MaximumParallel);
        Step<long> joined = p.Step("joined", items, static (all, _) => Task.FromResult(all.Aggregate(0L, CrashPipelines.Mix)));
        Step<long> retried = p.Step("retried", joined, static async (x, ctx) =>
            {
                // The number of the attempt that was first to keep it comes back in every later one.
                int first = await ctx.MemoAsync("first", _ => Task.FromResult(ctx.Attempt));
                return ctx.Attempt - first < 4 ? throw new TimeoutException($"attempt {ctx.Attempt}") : await CrashPipelines.WorkAsync(x, 5, ctx);
            })
            .WithRetry(RetryPolicy.Exponential(1_000, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(20)));
        p.When(retried, static x => x > 0)
            .Then(b => b.Step("positive", retried, static (x, ctx) => CrashPipelines.WorkAsync(x, 6, ctx)))
            .Else(b => b.Step("negative", retried, static (x, ctx) => CrashPipelines.WorkAsync(x, 7, ctx)));
    }

    private static long Retried(long seed)
    {
        long top = CrashPipelines.Mix(seed, 1);
        long left = CrashPipelines.Mix(top, 2);
        long right = CrashPipelines.Mix(top, 3);
        long joined = 0;
        for (int i = 0; i < Items; i++)
        {
            joined = CrashPipelines.Mix(joined, CrashPipelines.Mix(left ^ i, right));
        }

        return CrashPipelines.Mix(joined, 5);
    }
}
