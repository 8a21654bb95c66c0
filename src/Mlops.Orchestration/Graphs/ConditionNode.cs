namespace Mlops.Orchestration;

/// <summary>A decision between two branches.</summary>
internal abstract class ConditionNode(string key, Branch? branch, StepInput[] inputs)
    : PipelineNode(key, NodeKind.Condition, branch, inputs, serviceType: null)
{
    public Branch? Then { get; set; }

    public Branch? Else { get; set; }

    public override void ResolveTypes(TypeCatalog types, List<Type> missing)
    {
    }

    public override IEnumerable<PipelineNode> Blocks() => [.. Then?.Nodes ?? [], .. Else?.Nodes ?? []];
}

internal sealed class ConditionNode<T>(string key, Branch? branch, StepInput<T> input, Func<T, bool> predicate)
    : ConditionNode(key, branch, [input])
{
    private static readonly byte[] True = "true"u8.ToArray();
    private static readonly byte[] False = "false"u8.ToArray();

    public override string Signature => typeof(T).ToString();

    public override Task<StepOutput> RunAsync(StepAttempt attempt)
    {
        bool decision = predicate(input.Read(attempt));
        return Task.FromResult(new StepOutput(decision ? True : False) { Decision = decision });
    }
}
