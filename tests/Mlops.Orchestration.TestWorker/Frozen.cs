namespace Mlops.Orchestration.TestWorker;

/// <summary>
/// A step whose first attempt sleeps until there is a file, long after the end of its lease, and one after it that waits for another file, so that the run is still open when the
/// sleeper wakes.
/// </summary>
public sealed class Frozen : IPipelineDefinition<string>
{
    /// <summary>What the sleeper waits for.</summary>
    /// <param name="gate">What the step after it waits for.</param>
    public static string Awake(string gate) => gate + "-awake";

    public void Define(PipelineBuilder<string> p)
    {
        // Deaf to its token on purpose: only the fence can keep its result out.
        Step<int> sleeper = p.Step("sleeper", static async ctx =>
        {
            while (ctx.Attempt == 1 && !File.Exists(Awake(ctx.Parameters)))
            {
                await Task.Delay(20, CancellationToken.None);
            }

            return ctx.Attempt;
        });
        p.Step("gate", sleeper, static async (attempt, ctx) =>
        {
            while (!File.Exists(ctx.Parameters))
            {
                await Task.Delay(20, ctx.CancellationToken);
            }

            return attempt;
        });
    }
}
