using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Tuning;

/// <summary>A bar per parameter with its interval.</summary>
internal sealed class ImportanceBars(StringBuilder html, StudySnapshot study)
{
    private const int MaximumBars = 20;
    private const int Names = 180;
    private const int Width = 640;
    private const int Figures = 60;
    private const int Row = 24;
    private const int MaximumName = 24;

    public void Render()
    {
        if (study.Importances.All(static importances => importances.Count == 0))
        {
            return;
        }

        html.Append("<h2>Importance</h2>\n<p class=\"d\">What it took to be among the best tenth (PED-ANOVA), as shares; lines are 90 % intervals.</p>\n");
        for (int objective = 0; objective < study.Importances.Count; objective++)
        {
            Bars(objective, [.. study.Importances[objective].Take(MaximumBars)]);
        }
    }

    private void Bars(int objective, ParameterImportance[] bars)
    {
        if (study.Directions.Count > 1)
        {
            html.Append("<p>").Append(study.ObjectiveName(objective)).Append("</p>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<div class=\"t\"><svg style=\"min-width:{Chart.LeastWidth(Names + Width + Figures)}px\" viewBox=\"0 0 {Names + Width + Figures} {bars.Length * Row}\" role=\"img\" aria-label=\"importance\">\n");
        for (int i = 0; i < bars.Length; i++)
        {
            ParameterImportance bar = bars[i];
            int top = i * Row;
            html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"end\" x=\"{Names - 8}\" y=\"{top + 16}\">{WebUtility.HtmlEncode(ChartScale.Cut(bar.Parameter, MaximumName))}<title>{WebUtility.HtmlEncode(bar.Parameter)}, {bar.Trials} trials</title></text>")
                .Append(CultureInfo.InvariantCulture, $"<rect class=\"bar\" x=\"{Names}\" y=\"{top + 5}\" width=\"{bar.Importance * Width:0.#}\" height=\"{Row - 10}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<line class=\"e\" x1=\"{Names + (bar.Low * Width):0.#}\" x2=\"{Names + (bar.High * Width):0.#}\" y1=\"{top + 12}\" y2=\"{top + 12}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text x=\"{Names + (Math.Max(bar.Importance, bar.High) * Width) + 8:0.#}\" y=\"{top + 16}\">{bar.Importance:0.00}</text>\n");
        }

        html.Append("</svg></div>\n");
    }
}
