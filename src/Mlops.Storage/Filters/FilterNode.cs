namespace Mlops.Storage;

/// <summary>A filter as a tree. Immutable.</summary>
internal abstract record FilterNode
{
    internal sealed record All(IReadOnlyList<FilterNode> Nodes) : FilterNode;

    internal sealed record Any(IReadOnlyList<FilterNode> Nodes) : FilterNode;

    internal sealed record Not(FilterNode Node) : FilterNode;

    /// <summary>One comparison; of a value that is not there, every comparison is false.</summary>
    internal sealed record Condition(QueryField Field, FilterComparison Comparison) : FilterNode;
}
