using System.Text;

namespace Quickstart;

/// <summary>A fine line at each 1 January and the year's number in the middle of its span.</summary>
internal static class YearAxis
{
    public static string Render(Timeline timeline, double top, double bottom, double textY)
    {
        var svg = new StringBuilder();
        foreach (DateOnly start in timeline.YearStarts())
        {
            double x = timeline.X(start);
            double middle = (x + Math.Min(Timeline.Right, timeline.X(start.AddYears(1)))) / 2;
            svg.AppendLine($"<line class=\"year\" x1=\"{x:F1}\" x2=\"{x:F1}\" y1=\"{top}\" y2=\"{bottom + 5}\"/>");
            svg.AppendLine($"<text class=\"tick\" text-anchor=\"middle\" x=\"{middle:F1}\" y=\"{textY}\">{start.Year}</text>");
        }

        return svg.ToString();
    }
}
