using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A step, or the form of every step of a group.</summary>
internal sealed class StepNode<T>(string key, NodeKind kind, Branch? branch, StepInput[] inputs, Type? serviceType, Func<StepAttempt, Task<T>> run)
    : PipelineNode(key, kind, branch, inputs, serviceType)
{
    private readonly List<StepCheck<T>> _checks = [];

    public JsonTypeInfo<T> TypeInfo { get; private set; } = null!;

    /// <summary>Of the rounds of a loop: whether a result will do.</summary>
    public Func<T, bool>? Until { get; init; }

    public override JsonTypeInfo ResultType => TypeInfo;

    public override string Signature => typeof(T).ToString();

    public override bool Decides => Until is not null;

    public override IEnumerable<string> CheckNames => _checks.Select(static check => check.Name);

    public void Add(StepCheck<T> check) => _checks.Add(check);

    public override void ResolveTypes(TypeCatalog types, List<Type> missing) => TypeInfo = types.Resolve<T>(missing)!;

    public override async Task<StepOutput> RunAsync(StepAttempt attempt)
    {
        T result = await run(attempt).ConfigureAwait(false);
        return new StepOutput(StepJson.Serialize(result, TypeInfo, Key))
        {
            Decision = Until?.Invoke(result),
            Checks = _checks.ConvertAll(check => check.Run(result)),
        };
    }

    public override bool? Decide(ReadOnlySpan<byte> payload) => Until?.Invoke(StepJson.Deserialize(payload, TypeInfo, Key));
}
