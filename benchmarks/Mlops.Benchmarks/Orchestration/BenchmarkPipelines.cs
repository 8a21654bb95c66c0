using System.Globalization;
using Mlops.Orchestration;

namespace Mlops.Benchmarks.Orchestration;

/// <summary>Steps that each take the result of the one before and do nothing else.</summary>
internal sealed class Chain(int steps) : IPipelineDefinition<long>
{
    public void Define(PipelineBuilder<long> p)
    {
        Step<long> step = p.Step("step-0", static ctx => Task.FromResult(ctx.Parameters));
        for (int i = 1; i < steps; i++)
        {
            step = p.Step(string.Create(CultureInfo.InvariantCulture, $"step-{i}"), step, static (x, _) => Task.FromResult(x + 1));
        }
    }
}

/// <summary>As many steps as the parameter says, all ready at once, and one that takes all their results.</summary>
internal sealed class FanOut : IPipelineDefinition<int>
{
    /// <summary>Called by every step of the group; null for nothing.</summary>
    public Action<int>? Visit { get; init; }

    /// <summary>Called by the step that has all results in its hands; null for nothing.</summary>
    public Action? Join { get; init; }

    public void Define(PipelineBuilder<int> p)
    {
        Step<int> count = p.Step("count", static ctx => Task.FromResult(ctx.Parameters));
        Steps<int> items = p.ForEach(
            "item", count, static n => Enumerable.Range(0, n), static i => i.ToString(CultureInfo.InvariantCulture), (i, _) =>
            {
                Visit?.Invoke(i);
                return Task.FromResult(i);
            });
        p.Step("sum", items, (all, _) =>
        {
            Join?.Invoke();
            return Task.FromResult(all.Sum(static x => (long)x));
        });
    }

    public static long Sum(int items) => (long)items * (items - 1) / 2;
}

/// <summary>Layers of steps each of which takes three results of the layer before.</summary>
internal sealed class Layers(int width, int depth) : IPipelineDefinition<long>
{
    public void Define(PipelineBuilder<long> p)
    {
        Step<long>[] before = [.. Enumerable.Range(0, width).Select(i => p.Step(Name(0, i), static ctx => Task.FromResult(ctx.Parameters)))];
        for (int layer = 1; layer < depth; layer++)
        {
            Step<long>[] above = before;
            before = [.. Enumerable.Range(0, width).Select(i => p.Step(
                Name(layer, i), above[i], above[(i + 1) % width], above[(i + 2) % width], static (a, b, c, _) => Task.FromResult((a + b + c) % 1_000_003)))];
        }
    }

    private static string Name(int layer, int index) => string.Create(CultureInfo.InvariantCulture, $"step-{layer}-{index}");
}
