using System.Globalization;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>The graph in layers from left to right: a node stands one layer after the last of those it waits for.</summary>
/// <param name="graph">What is drawn.</param>
/// <param name="classOf">How a node is drawn.</param>
/// <param name="countOf">How many steps a group has.</param>
internal sealed class RunPageGraph(PipelineGraph graph, Func<string, string> classOf, Func<string, int> countOf)
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

        // Shrinks to the page, but not below what can be read.
        int width = rows.Count * ColumnWidth;
        html.Append(CultureInfo.InvariantCulture, $"<svg class=\"g\" viewBox=\"0 0 {width} {rows.Values.Max() * RowHeight}\" width=\"{width}\" style=\"min-width:{width * 6 / 10}px\" role=\"img\" aria-label=\"graph\">\n");
        foreach (PipelineNode node in nodes)
        {
            foreach (PipelineNode source in node.Sources())
            {
                html.Append(CultureInfo.InvariantCulture, $"<path class=\"e\" d=\"{Edge(places[source], places[node])}\"/>\n");
            }
        }

        foreach (PipelineNode node in nodes)
        {
            string count = countOf(node.Key) is > 0 and var steps ? string.Create(CultureInfo.InvariantCulture, $" × {steps}") : "";
            int room = 20 - count.Length;
            string label = (node.Key.Length <= room ? node.Key : node.Key[..(room - 1)] + "…") + count;
            html.Append(CultureInfo.InvariantCulture, $"<rect class=\"b {classOf(node.Key)}\" x=\"{X(places[node])}\" y=\"{Y(places[node])}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"{(node.Kind == NodeKind.Condition ? 15 : 4)}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"middle\" x=\"{X(places[node]) + (BoxWidth / 2)}\" y=\"{Y(places[node]) + 19}\">{RunPage.Encode(label)}<title>{RunPage.Encode(node.Key)}</title></text>\n");
        }

        html.Append("</svg>");
    }

    /// <summary>From box to box; one that passes over a layer runs in the gap below the upper row, so that it crosses no box.</summary>
    private static string Edge((int Layer, int Row) from, (int Layer, int Row) to)
    {
        (int x1, int y1) = (X(from) + BoxWidth, Y(from) + (BoxHeight / 2));
        (int x2, int y2) = (X(to), Y(to) + (BoxHeight / 2));
        if (to.Layer - from.Layer == 1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"M{x1} {y1}C{x1 + 25} {y1} {x2 - 25} {y2} {x2} {y2}");
        }

        int gap = Y((0, Math.Min(from.Row, to.Row))) + BoxHeight + ((RowHeight - BoxHeight) / 2);
        return string.Create(CultureInfo.InvariantCulture, $"M{x1} {y1}C{x1 + 25} {y1} {x1 + 25} {gap} {x1 + 50} {gap}H{x2 - 50}C{x2 - 25} {gap} {x2 - 25} {y2} {x2} {y2}");
    }

    private static int X((int Layer, int Row) place) => (place.Layer * ColumnWidth) + 2;

    private static int Y((int Layer, int Row) place) => (place.Row * RowHeight) + 2;
}
