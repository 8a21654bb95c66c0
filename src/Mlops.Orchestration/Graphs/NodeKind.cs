namespace Mlops.Orchestration;

/// <summary>What a node of the graph does.</summary>
internal enum NodeKind
{
    Step,
    Expand,
    Item,
    Condition,
    Approval,
    Repeat,
}
