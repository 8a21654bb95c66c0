namespace Mlops.Orchestration.TestWorker;

/// <summary>What a schedule starts every second: its parameters say for which.</summary>
public sealed class Ticked : IPipelineDefinition<DateTimeOffset>
{
    public const string Schedule = "every-second";

    public void Define(PipelineBuilder<DateTimeOffset> p) => p.Step("tick", static ctx => Task.FromResult(ctx.Parameters));
}
