using Mlops.Orchestration.Testing;

namespace Mlops.Orchestration.Tests;

[TestFixture]
internal sealed class RecordLimitTests
{
    [Test]
    public async Task What_a_step_opens_reads_and_makes_is_counted_apart_and_each_has_its_limit()
    {
        var pipeline = new TestPipeline(static p => p.Step("many", static async ctx =>
        {
            for (int i = 0; i <= StepAttempt.MaximumData; i++)
            {
                ArtifactRef artifact = await ctx.StoreArtifactAsync(new MemoryStream(BitConverter.GetBytes(i)));
                await using Stream content = await ctx.OpenArtifactAsync(artifact);
            }

            for (int i = 0; i < StepAttempt.MaximumData; i++)
            {
                ctx.RecordInput($"in {i}", "1");
                Assert.That(ctx.RemainingOutputs, Is.EqualTo(StepAttempt.MaximumData - i));
                ctx.RecordOutput($"out {i}", "1");
            }

            Assert.That(ctx.RemainingOutputs, Is.Zero);
            ctx.RecordInput("in 0", "1");
            ctx.RecordOutput("out 0", "1");
            Assert.That(() => ctx.RecordInput("one more", "1"), Throws.TypeOf<PermanentStepException>().With.Message.Contains("1000 inputs"));
            Assert.That(() => ctx.RecordOutput("one more", "1"), Throws.TypeOf<PermanentStepException>().With.Message.Contains("1000 outputs"));
            return 1;
        }));

        (await InMemoryPipeline.RunAsync(pipeline, 0)).EnsureSucceeded();
    }
}
