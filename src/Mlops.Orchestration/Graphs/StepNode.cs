using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A step, or the form of every step of a group.</summary>
internal sealed class StepNode<T>(string key, NodeKind kind, Branch? branch, StepInput[] inputs, Type? serviceType, Func<StepAttempt, Task<T>> run)
    : PipelineNode(key, kind, branch, inputs, serviceType)
{
    public JsonTypeInfo<T> TypeInfo { get; private set; } = null!;

    public override JsonTypeInfo ResultType => TypeInfo;

    public override string Signature => typeof(T).ToString();

    public override void ResolveTypes(TypeCatalog types, List<Type> missing)
    {
        if (types.Find<T>() is { } known)
        {
            TypeInfo = known;
        }
        else
        {
            missing.Add(typeof(T));
        }
    }

    public override async Task<StepOutput> RunAsync(StepAttempt attempt)
    {
        T result = await run(attempt).ConfigureAwait(false);
        return new StepOutput(StepJson.Serialize(result, TypeInfo, Key));
    }
}
