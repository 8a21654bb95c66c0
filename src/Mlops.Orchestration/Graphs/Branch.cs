namespace Mlops.Orchestration;

/// <summary>One side of a condition, as a scope of declarations.</summary>
internal sealed class Branch(ConditionNode condition, bool whenTrue, Branch? parent)
{
    public ConditionNode Condition { get; } = condition;

    public bool WhenTrue { get; } = whenTrue;

    public Branch? Parent { get; } = parent;

    /// <summary>The nodes declared directly in it that have a row from the start of a run.</summary>
    public List<PipelineNode> Nodes { get; } = [];

    /// <summary>Whether code in <paramref name="scope"/> sees what is declared in <paramref name="declared"/>.</summary>
    public static bool Sees(Branch? scope, Branch? declared)
    {
        for (Branch? branch = scope; branch is not null; branch = branch.Parent)
        {
            if (ReferenceEquals(branch, declared))
            {
                return true;
            }
        }

        return declared is null;
    }
}
