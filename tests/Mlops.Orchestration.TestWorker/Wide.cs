using System.Globalization;

namespace Mlops.Orchestration.TestWorker;

/// <summary>A wide fan-out, a fan-out over the results of a fan-out, a pool, an artifact, a loop and an approval in one run.</summary>
public sealed class Wide : IPipelineDefinition<long>
{
    public const int Items = 200;
    private const int Groups = 6;
    private const int PerGroup = 5;
    private const int MaximumRounds = 6;

    public const string LastStep = "end";

    /// <summary>What the inner steps of all runs share.</summary>
    public const string Pool = "inner";

    public const int PoolSlots = 2;

    public static long Oracle(long seed)
    {
        long start = CrashPipelines.Mix(seed, 11);
        long joined = 0;
        for (int i = 0; i < Items; i++)
        {
            joined = CrashPipelines.Mix(joined, CrashPipelines.Mix(start ^ i, 12));
        }

        long sum = Enumerable.Range(0, Groups).SelectMany(g => Parts(joined ^ g)).Aggregate(0L, static (all, part) => CrashPipelines.Mix(all, CrashPipelines.Mix(part, 13)));
        int round = 0;
        long refined = sum;
        do
        {
            refined = CrashPipelines.Mix(refined, ++round);
        }
        while (round < MaximumRounds && !WillDo(refined));
        return CrashPipelines.Mix(refined, sum);
    }

    public void Define(PipelineBuilder<long> p)
    {
        p.WithRetry(RetryPolicy.Exponential(1_000, TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(20)));
        Step<long> start = p.Step("start", static ctx => CrashPipelines.WorkAsync(ctx.Parameters, 11, ctx));
        Steps<long> wide = p.ForEach(
            "wide", start, static x => Enumerable.Range(0, Items).Select(i => x ^ i), static x => $"{x:x16}", static (x, _) => Task.FromResult(CrashPipelines.Mix(x, 12)));
        Step<long> joined = p.Step("joined", wide, static (all, _) => Task.FromResult(all.Aggregate(0L, CrashPipelines.Mix)));
        Steps<string> outer = p.ForEach(
            "outer", joined, static x => Enumerable.Range(0, Groups).Select(g => x ^ g), static x => $"{x:x16}", static (x, _) => Task.FromResult(string.Join(' ', Parts(x))));
        Steps<long> inner = p.ForEach(
            "inner", outer, static all => all.SelectMany(Read), static x => $"{x:x16}", static (x, ctx) => ctx.MemoAsync("part", _ => Task.FromResult(CrashPipelines.Mix(x, 13)))).InPool(Pool);
        Step<ArtifactRef> stored = p.Step("stored", inner, static (all, ctx) => ctx.StoreArtifactAsync(new MemoryStream(BitConverter.GetBytes(all.Aggregate(0L, CrashPipelines.Mix)))));
        Step<long> sum = p.Step("sum", stored, static async (artifact, ctx) =>
        {
            await using Stream content = await ctx.OpenArtifactAsync(artifact, ctx.CancellationToken);
            byte[] bytes = new byte[sizeof(long)];
            await content.ReadExactlyAsync(bytes, ctx.CancellationToken);
            return BitConverter.ToInt64(bytes);
        });
        RepeatedStep<long> refined = p.Repeat("refined", sum, MaximumRounds, static (x, round, _) => Task.FromResult(CrashPipelines.Mix(x, round)), WillDo);
        ApprovalStep word = p.Approval("word", refined, static x => $"{x}?");
        p.Step(LastStep, refined, sum, word, static (r, s, _, _) => Task.FromResult(CrashPipelines.Mix(r, s)));
    }

    private static IEnumerable<long> Parts(long x) => Enumerable.Range(1, PerGroup).Select(i => CrashPipelines.Mix(CrashPipelines.Mix(x, 100), i));

    private static IEnumerable<long> Read(string parts) => parts.Split(' ').Select(static part => long.Parse(part, CultureInfo.InvariantCulture));

    private static bool WillDo(long x) => x % 5 == 0;
}
