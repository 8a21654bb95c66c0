using System.Text.Json.Serialization;

namespace Mlops.Orchestration.Tests;

/// <summary>A definition written where it is tested.</summary>
internal sealed class TestPipeline(Action<PipelineBuilder<int>> define, string name = "test") : IPipelineDefinition<int>
{
    public string Name => name;

    public void Define(PipelineBuilder<int> p) => define(p.Serialize(TestContextOfTypes.Default).WithRetry(RetryPolicy.None));
}

internal sealed record Fold(string Id, int Value);

internal sealed record Report(string Title, IReadOnlyList<int> Scores);

internal sealed record Unknown(int Value);

internal sealed record Measured(double Value);

[JsonSerializable(typeof(Fold))]
[JsonSerializable(typeof(Fold[]))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Measured))]
internal sealed partial class TestContextOfTypes : JsonSerializerContext;
