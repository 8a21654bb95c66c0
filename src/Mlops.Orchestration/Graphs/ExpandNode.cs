using System.Text.Json.Serialization.Metadata;

namespace Mlops.Orchestration;

/// <summary>A group: decides the items, each of which becomes a step.</summary>
internal abstract class ExpandNode(string key, NodeKind kind, Branch? branch, StepInput[] inputs)
    : PipelineNode(key, kind, branch, inputs, serviceType: null)
{
    public const int MaximumKeyLength = 200;

    private PipelineNode? _template;

    /// <summary>The form of its steps. What waits for the group's list waits for each of them.</summary>
    public PipelineNode Template
    {
        get => _template!;
        set => _template = value;
    }

    public static string ItemKey(string group, string item) => $"{group}[{item}]";
}

internal sealed class ExpandNode<TSource, TItem>(
    string key,
    Branch? branch,
    StepInput<TSource> source,
    StepInput[] inputs,
    Func<TSource, IEnumerable<TItem>> items,
    Func<TItem, string> itemKey)
    : ExpandNode(key, NodeKind.Expand, branch, inputs)
{
    private JsonTypeInfo<TItem> _typeInfo = null!;

    public override string Signature => typeof(TItem).ToString();

    public override void ResolveTypes(TypeCatalog types, List<Type> missing) => _typeInfo = types.Resolve<TItem>(missing)!;

    public TItem ReadItem(StepAttempt attempt) => StepJson.Deserialize(attempt.Item, _typeInfo, attempt.Step.Key);

    public override Task<StepOutput> RunAsync(StepAttempt attempt)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        List<ExpandedItem> expanded = [];
        foreach (TItem item in items(source.Read(attempt)))
        {
            string name = itemKey(item);
            if (!IsValid(name))
            {
                throw new PermanentStepException(
                    $"'{Key}' has an item with the key '{name}': a key has 1 to {MaximumKeyLength} characters, none of them '[', ']', '/' or a control character.");
            }

            if (!keys.Add(name))
            {
                throw new PermanentStepException($"'{Key}' has two items with the key '{name}'; keys must be unique in the group.");
            }

            expanded.Add(new ExpandedItem(name, StepJson.Serialize(item, _typeInfo, ItemKey(Key, name))));
        }

        return Task.FromResult(new StepOutput([]) { Items = expanded });
    }

    private static bool IsValid(string? key) =>
        key is { Length: > 0 and <= MaximumKeyLength }
        && key.AsSpan().IndexOfAny("[]/") < 0
        && !key.Any(char.IsControl)
        && StoredText.IsStorable(key);
}
