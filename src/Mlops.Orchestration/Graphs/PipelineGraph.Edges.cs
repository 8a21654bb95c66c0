using System.Text;

namespace Mlops.Orchestration;

public sealed partial class PipelineGraph
{
    /// <summary>
    /// Which node needs which, a line each: its key and those of what it waits for, with tabs between. Stored with the graph, so that lineage is followed in
    /// processes that do not know it any more. No key holds a tab.
    /// </summary>
    internal string ToEdges()
    {
        var text = new StringBuilder();
        foreach (PipelineNode node in _nodes)
        {
            text.Append(node.Key);
            foreach (PipelineNode source in node.Sources())
            {
                text.Append('\t').Append(source.Key);
                if (source is ExpandNode { Template: var template })
                {
                    text.Append('\t').Append(template.Key);
                }
            }

            if (node.Kind == NodeKind.Item)
            {
                text.Append('\t').Append(ExpansionOf(node).Key);
            }

            text.Append('\n');
        }

        return text.ToString();
    }
}
