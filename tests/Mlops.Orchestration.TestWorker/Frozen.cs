namespace Mlops.Orchestration.TestWorker;

/// <summary>A step that sleeps through the end of its lease, and one after it that waits for a file, so that the run is still open when the sleeper wakes.</summary>
public sealed class Frozen : IPipelineDefinition<string>
{
    public void Define(PipelineBuilder<string> p)
    {
        // Deaf to its token on purpose: only the fence can keep its result out.
        Step<int> sleeper = p.Step("sleeper", static async ctx =>
        {
            await Task.Delay(2_000, CancellationToken.None);
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
