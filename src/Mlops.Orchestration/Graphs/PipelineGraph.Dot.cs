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

    /// <summary>The steps, groups and conditions that would run again if one were changed, itself included, in the order of their declaration.</summary>
    /// <param name="step">The name of a step, group or condition.</param>
    /// <exception cref="ArgumentException">The graph has no such step.</exception>
    public IReadOnlyList<string> FindAffected(string step)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        PipelineNode node = FindNode(step) is { IsStatic: true } known
            ? known
            : throw new ArgumentException($"The pipeline '{Pipeline}' has no step '{step}'.", nameof(step));
        return [.. BlockedBy(node).Append(node).Where(static affected => affected.IsStatic).OrderBy(static affected => affected.Ordinal).Select(static affected => affected.Key)];
    }

    private static void AppendDotBranch(StringBuilder text, ConditionNode condition, Branch? branch, string label)
    {
        foreach (PipelineNode node in branch?.Nodes ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $"    n{condition.Ordinal} -> n{node.Ordinal} [label=\"{label}\"];\n");
        }
    }
}
