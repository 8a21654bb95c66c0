using System.Text;

namespace Quickstart;

/// <summary>Features down, time across: each cell one closed monitor window, on the same timeline as the errors.</summary>
internal sealed class DriftHeatMap(ReplayResult result, Timeline timeline)
{
    private const int Top = 22;
    private const int RowHeight = 17;

    public string Render()
    {
        string[] features = [.. result.Windows.Select(w => w.Feature).Distinct()];
        int bottom = Top + (features.Length * RowHeight);
        var svg = new StringBuilder();
        svg.AppendLine($"<svg viewBox=\"0 0 {Timeline.Width} {bottom + 28}\" role=\"img\" aria-label=\"Distance of each input from its season's reference, window by window\">");
        svg.AppendLine($"<text class=\"tick\" x=\"{Timeline.Right + 8}\" y=\"{Top - 8}\">windows in drift</text>");
        for (int row = 0; row < features.Length; row++)
        {
            double y = Top + (row * RowHeight);
            FeatureWindow[] windows = [.. result.Windows.Where(w => w.Feature == features[row])];
            svg.AppendLine($"<text class=\"tick\" text-anchor=\"end\" x=\"{Timeline.Left - 8}\" y=\"{y + 12}\">{features[row]}</text>");
            foreach (FeatureWindow window in windows)
                svg.AppendLine(Cell(window, y));
            int drifted = windows.Count(w => w.Drifted);
            svg.AppendLine($"<text class=\"tick\" x=\"{Timeline.Right + 8}\" y=\"{y + 12}\">{drifted} of {windows.Length}</text>");
        }

        svg.Append(YearAxis.Render(timeline, Top, bottom, bottom + 20));
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private string Cell(FeatureWindow window, double y)
    {
        double x = timeline.X(window.From);
        double width = timeline.X(window.To.AddDays(1)) - x - 1;
        string verdict = window.Drifted ? "drift" : "no drift";
        return $"<rect class=\"{(window.Drifted ? "drifted" : "steady")}\" fill-opacity=\"{Opacity(window):F2}\" x=\"{x:F1}\" y=\"{y}\" width=\"{width:F1}\" height=\"{RowHeight - 2}\">"
            + $"<title>{window.Feature}, {window.From:yyyy-MM-dd} to {window.To:yyyy-MM-dd}, version {window.Version}: distance {window.Distance:F2}, {ReportText.Encode(ReportText.P(window.PValue))}, {verdict}</title></rect>";
    }

    private static double Opacity(FeatureWindow window) => Math.Clamp((window.Drifted ? 0.35 : 0.1) + window.Distance, 0.1, 1);
}
