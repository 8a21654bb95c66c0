using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Tuning;

/// <summary>Draws into one picture between two axes.</summary>
internal sealed class Chart
{
    private const int Left = 64;
    private const int Right = 12;
    private const int Top = 20;
    private const int Bottom = 36;

    // Points at the ends of an axis are drawn whole.
    private const int Margin = 5;
    private const int TickRoom = 14;

    // The width of a character is a guess at the reader's font.
    private const double Character = 6.5;

    private readonly StringBuilder _html;
    private readonly int _width;
    private readonly int _height;
    private readonly ChartScale _x;
    private readonly ChartScale _y;

    public Chart(StringBuilder html, int width, int height, ChartScale x, ChartScale y, string xName, string yName, string? xHint = null, string? yHint = null)
    {
        _html = html;
        _width = width;
        _height = height;
        _x = x;
        _y = y;
        html.Append(CultureInfo.InvariantCulture, $"<div class=\"t\"><svg style=\"min-width:{LeastWidth(width)}px\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(yName)} by {WebUtility.HtmlEncode(xName)}\">\n");
        foreach ((double place, string label) in y.Ticks())
        {
            double at = Down(place);
            html.Append(CultureInfo.InvariantCulture, $"<line class=\"a\" x1=\"{Left}\" x2=\"{width - Right}\" y1=\"{at:0.#}\" y2=\"{at:0.#}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"end\" x=\"{Left - 6}\" y=\"{at + 4:0.#}\">{WebUtility.HtmlEncode(label)}</text>\n");
        }

        foreach ((double place, string label) in x.TicksAcross((width - Left - Right) / Character))
        {
            bool isAtEnd = Across(place) + (label.Length * Character / 2) > width;
            html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"{(isAtEnd ? "end" : "middle")}\" x=\"{(isAtEnd ? width : Across(place)):0.#}\" y=\"{height - Bottom + TickRoom}\">{WebUtility.HtmlEncode(label)}</text>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"middle\" x=\"{(Left + width - Right) / 2}\" y=\"{height - 4}\">{WebUtility.HtmlEncode(Label(ChartScale.Cut(xName, (int)((width - Left) / Character)), xHint))}</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"11\">{WebUtility.HtmlEncode(Label(yName, yHint))}</text>\n");
    }

    /// <summary>How far a picture may be made smaller before it is scrolled: text stays readable.</summary>
    public static int LeastWidth(int width) => width * 4 / 5;

    public void Point(double x, double y, string style, string title) => _html
        .Append(CultureInfo.InvariantCulture, $"<circle class=\"{style}\" cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"2.5\"><title>{WebUtility.HtmlEncode(title)}</title></circle>\n");

    /// <summary>A line through the points, or a staircase that keeps each height until the next point; a dot where there is one point.</summary>
    public void Line(IReadOnlyList<(double X, double Y)> points, string style, bool isStaircase = false, string? title = null)
    {
        if (points.Count == 0)
        {
            return;
        }

        _html.Append(CultureInfo.InvariantCulture, $"<path class=\"{style}\" d=\"M{X(points[0].X):0.#} {Y(points[0].Y):0.#}");
        for (int i = 1; i < points.Count; i++)
        {
            if (isStaircase)
            {
                _html.Append(CultureInfo.InvariantCulture, $"H{X(points[i].X):0.#}V{Y(points[i].Y):0.#}");
            }
            else
            {
                _html.Append(CultureInfo.InvariantCulture, $"L{X(points[i].X):0.#} {Y(points[i].Y):0.#}");
            }
        }

        _html.Append(points.Count == 1 ? "h0" : "").Append("\">").Append(title is null ? "" : $"<title>{WebUtility.HtmlEncode(title)}</title>").Append("</path>\n");
    }

    public void Close() => _html.Append("</svg></div>\n");

    private static string Label(string name, string? hint) => hint is null ? name : $"{name}, {hint}";

    private double X(double value) => Across(_x.Place(value));

    private double Y(double value) => Down(_y.Place(value));

    private double Across(double place) => Left + Margin + (place * (_width - Left - Right - (2 * Margin)));

    private double Down(double place) => _height - Bottom - Margin - (place * (_height - Top - Bottom - (2 * Margin)));
}
