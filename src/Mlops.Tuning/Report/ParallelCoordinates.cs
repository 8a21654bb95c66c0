using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Tuning;

/// <summary>A line per trial across the most important parameters to the first objective; the better, the darker.</summary>
internal sealed class ParallelCoordinates(StringBuilder html, StudySnapshot study)
{
    private const int MaximumAxes = 8;
    private const int MaximumLines = 200;
    private const int Gap = 150;
    private const int Left = 70;
    private const int Top = 24;
    private const int Height = 240;
    private const int Bottom = 16;
    private const int MaximumName = 20;

    public void Render()
    {
        KeyValuePair<string, ParameterDomain>[] axes = [.. study.Ranked().Take(MaximumAxes)];
        if (axes.Length < 2)
        {
            return;
        }

        TrialRecord[] ranked = [.. study.Completed.OrderBy(static trial => !trial.IsFeasible).ThenBy(trial => study.Directions[0] == Direction.Minimize ? trial.Values[0] : -trial.Values[0]).Take(MaximumLines)];
        ChartScale[] scales = [.. axes.Select(static axis => ChartScale.Of(axis.Value)), study.ObjectiveScale(0)];
        string[] names = [.. axes.Select(static axis => axis.Key), study.ObjectiveName(0)];
        int width = (2 * Left) + (Gap * axes.Length);
        html.Append("<h2>Parallel coordinates</h2>\n<p class=\"d\">The best trials by the first objective, those that miss a constraint last; the better, the darker. A line skips a parameter that its trial did not have.</p>\n<div class=\"t\">")
            .Append(CultureInfo.InvariantCulture, $"<svg style=\"max-width:{width}px;min-width:{Chart.LeastWidth(width)}px\" viewBox=\"0 0 {width} {Top + Height + Bottom}\" role=\"img\" aria-label=\"parallel coordinates\">\n");
        for (int i = ranked.Length - 1; i >= 0; i--)
        {
            Line(ranked[i], axes, scales, i);
        }

        for (int i = 0; i < scales.Length; i++)
        {
            Axis(scales[i], names[i], Left + (i * Gap));
        }

        html.Append("</svg></div>\n");
    }

    private void Line(TrialRecord trial, KeyValuePair<string, ParameterDomain>[] axes, ChartScale[] scales, int rank)
    {
        html.Append("<path class=\"").Append(rank == 0 ? 'b' : 'c').Append('"');
        if (rank > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $" style=\"opacity:{Math.Max(0.08, 0.7 / Math.Sqrt(rank)):0.##}\"");
        }

        html.Append(" d=\"");
        char command = 'M';
        for (int i = 0; i < axes.Length; i++)
        {
            double? coordinate = trial.Parameters.TryGetValue(axes[i].Key, out ParameterValue value) ? axes[i].Value.ToCoordinate(value) : null;
            if (coordinate is { } at)
            {
                html.Append(command).Append(CultureInfo.InvariantCulture, $"{Left + (i * Gap)} {Down(scales[i].Place(at)):0.#}");
                command = 'L';
            }
        }

        html.Append(command).Append(CultureInfo.InvariantCulture, $"{Left + (axes.Length * Gap)} {Down(scales[^1].Place(trial.Values[0])):0.#}\">")
            .Append("<title>").Append(WebUtility.HtmlEncode(StudySnapshot.Title(trial))).Append("</title></path>\n");
    }

    private void Axis(ChartScale scale, string name, int x)
    {
        html.Append(CultureInfo.InvariantCulture, $"<line class=\"a\" x1=\"{x}\" x2=\"{x}\" y1=\"{Top}\" y2=\"{Top + Height}\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"middle\" x=\"{x}\" y=\"{Top - 10}\">{WebUtility.HtmlEncode(ChartScale.Cut(name, MaximumName))}<title>{WebUtility.HtmlEncode(name)}</title></text>\n");
        foreach ((double place, string label) in scale.Ticks())
        {
            html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"end\" x=\"{x - 4}\" y=\"{Down(place) + 4:0.#}\">{WebUtility.HtmlEncode(label)}</text>\n");
        }
    }

    private static double Down(double place) => Top + (Height * (1 - place));
}
