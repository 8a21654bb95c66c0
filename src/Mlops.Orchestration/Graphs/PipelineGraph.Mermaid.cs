using System.Globalization;
using System.Text;

namespace Mlops.Orchestration;

public sealed partial class PipelineGraph
{
    /// <summary>The graph as a Mermaid flowchart, for documentation and pull requests.</summary>
    public string ToMermaid()
    {
        var text = new StringBuilder("flowchart TD\n");
        foreach (PipelineNode node in _nodes.Where(static node => node.IsStatic))
        {
            string label = node.Kind switch
            {
                NodeKind.Expand or NodeKind.Repeat => $"[[\"{node.Key}\"]]",
                NodeKind.Approval => $"[/\"{node.Key}\"/]",
                NodeKind.Condition => $"{{\"{node.Key}\"}}",
                _ => $"[\"{node.Key}\"]",
            };
            text.Append(CultureInfo.InvariantCulture, $"    n{node.Ordinal}{label}\n");
        }

        foreach (PipelineNode node in _nodes.Where(static node => node.IsStatic))
        {
            foreach (PipelineNode dependent in node.Dependents)
            {
                text.Append(CultureInfo.InvariantCulture, $"    n{node.Ordinal} --> n{dependent.Ordinal}\n");
            }

            if (node is ConditionNode condition)
            {
                AppendBranch(text, condition, condition.Then, "yes");
                AppendBranch(text, condition, condition.Else, "no");
            }
        }

        return text.ToString();
    }

    private static void AppendBranch(StringBuilder text, ConditionNode condition, Branch? branch, string label)
    {
        foreach (PipelineNode node in branch?.Nodes ?? [])
        {
            text.Append(CultureInfo.InvariantCulture, $"    n{condition.Ordinal} -->|{label}| n{node.Ordinal}\n");
        }
    }
}
