using System.Globalization;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>The graph in layers from left to right: a node stands one layer after the last of those it waits for.</summary>
internal sealed class RunPageGraph(PipelineGraph graph, Func<string, string> classOf)
{
    private const int BoxWidth = 150;
    private const int BoxHeight = 30;
    private const int ColumnWidth = 200;
    private const int RowHeight = 44;

    public void Render(StringBuilder html)
    {
        PipelineNode[] nodes = [.. graph.Nodes.Where(static node => node.IsStatic)];
        Dictionary<PipelineNode, (int Layer, int Row)> places = [];
        Dictionary<int, int> rows = [];

        // Declared in an order in which all that a node waits for comes first.
        foreach (PipelineNode node in nodes)
        {
            int layer = node.Sources().Select(source => places[source].Layer + 1).DefaultIfEmpty(0).Max();
            int row = rows.GetValueOrDefault(layer);
            rows[layer] = row + 1;
            places.Add(node, (layer, row));
        }

        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {rows.Count * ColumnWidth} {rows.Values.Max() * RowHeight}\" width=\"{rows.Count * ColumnWidth}\" role=\"img\" aria-label=\"graph\">\n");
        foreach (PipelineNode node in nodes)
        {
            foreach (PipelineNode source in node.Sources())
            {
                (int x1, int y1) = (X(places[source]) + BoxWidth, Y(places[source]) + (BoxHeight / 2));
                (int x2, int y2) = (X(places[node]), Y(places[node]) + (BoxHeight / 2));
                html.Append(CultureInfo.InvariantCulture, $"<path class=\"e\" d=\"M{x1} {y1}C{x1 + 25} {y1} {x2 - 25} {y2} {x2} {y2}\"/>\n");
            }
        }

        foreach (PipelineNode node in nodes)
        {
            string label = node.Key.Length <= 20 ? node.Key : node.Key[..19] + "…";
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"b {classOf(node.Key)}\" x=\"{X(places[node])}\" y=\"{Y(places[node])}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"{(node.Kind == NodeKind.Condition ? 15 : 4)}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"middle\" x=\"{X(places[node]) + (BoxWidth / 2)}\" y=\"{Y(places[node]) + 19}\">{RunPage.Encode(label)}<title>{RunPage.Encode(node.Key)}</title></text>\n");
        }

        html.Append("</svg>");
    }

    private static int X((int Layer, int Row) place) => (place.Layer * ColumnWidth) + 2;

    private static int Y((int Layer, int Row) place) => (place.Row * RowHeight) + 2;
}
