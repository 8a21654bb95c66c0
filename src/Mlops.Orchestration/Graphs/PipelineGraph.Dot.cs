using System.Globalization;
using System.Text;

namespace Mlops.Orchestration;

public sealed partial class PipelineGraph
{
    /// <summary>The graph in the DOT language of Graphviz.</summary>
    public string ToDot()
    {
        var text = new StringBuilder("digraph {\n    rankdir=LR;\n");
        PipelineNode[] nodes = [.. _nodes.Where(static node => node.IsStatic)];
        foreach (PipelineNode node in nodes)
        {
            string shape = node.Kind switch
            {
                NodeKind.Expand or NodeKind.Repeat => "box3d",
                NodeKind.Condition => "diamond",
                NodeKind.Approval => "house",
                _ => "box",
            };

            // Names hold no character that means anything within quotes.
            text.Append(CultureInfo.InvariantCulture, $"    n{node.Ordinal} [label=\"{node.Key}\", shape={shape}];\n");
        }

        foreach (PipelineNode node in nodes)
        {
            foreach (PipelineNode dependent in node.Dependents)
            {
                text.Append(CultureInfo.InvariantCulture, $"    n{node.Ordinal} -> n{dependent.Ordinal};\n");
            }

            if (node is ConditionNode condition)
            {
                AppendDotBranch(text, condition, condition.Then, "yes");
                AppendDotBranch(text, condition, condition.Else, "no");
            }
        }

        return text.Append("}\n").ToString();
    }

    private static void AppendDotBranch(StringBuilder text, ConditionNode condition, Branch? branch, string label)
    {
        foreach (PipelineNode node in branch?.Nodes ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $"    n{condition.Ordinal} -> n{node.Ordinal} [label=\"{label}\"];\n");
        }
    }
}
