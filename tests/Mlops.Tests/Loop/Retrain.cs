using Mlops.Orchestration;

namespace Mlops.Tests.Loop;

/// <summary>Started by drift, with the alert's reason: a new champion for the shifted rows.</summary>
internal sealed class Retrain : IPipelineDefinition<string>
{
    public const double ShiftedLag = 30;

    public void Define(PipelineBuilder<string> p) => p.With<Training>().Step("promote", static (training, context) =>
        training.PromoteAsync(weight: 1.5, ShiftedLag, runId: null, context.IdempotencyKey, context.CancellationToken));
}
