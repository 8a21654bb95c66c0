using System.Globalization;
using System.Text;

namespace Mlops.Tuning;

/// <summary>The objective by each parameter, the most important ones first.</summary>
internal sealed class SliceCharts(StringBuilder html, StudySnapshot study)
{
    private const int Width = 360;
    private const int Height = 210;
    private const int MaximumCharts = 12;
    private const int MaximumPoints = 1_000;

    public void Render()
    {
        KeyValuePair<string, ParameterDomain>[] shown = [.. study.Ranked().Take(MaximumCharts)];
        if (shown.Length == 0)
        {
            return;
        }

        html.Append("<h2>Slices</h2>\n<p class=\"d\">The first objective by parameter; red: the best trial or the front.")
            .Append(study.Completed.Count > MaximumPoints ? string.Create(CultureInfo.InvariantCulture, $" The last {MaximumPoints} that have it.") : "").Append("</p>\n<div class=\"g\">\n");
        ChartScale values = study.ObjectiveScale(0);
        foreach ((string name, ParameterDomain domain) in shown)
        {
            html.Append("<figure>");
            var chart = new Chart(html, Width, Height, ChartScale.Of(domain), values, name, study.ObjectiveName(0), yHint: study.ObjectiveHint(0));
            TrialRecord[] having = [.. study.Completed.Where(trial => trial.Parameters.ContainsKey(name))];
            foreach (TrialRecord trial in having.TakeLast(MaximumPoints).Concat(having.Where(trial => study.Front.Contains(trial.Number))))
            {
                if (domain.ToCoordinate(trial.Parameters[name]) is { } coordinate)
                {
                    chart.Point(coordinate, trial.Values[0], study.Front.Contains(trial.Number) ? "f" : trial.IsFeasible ? "p" : "o", StudySnapshot.Title(trial));
                }
            }

            chart.Close();
            html.Append("</figure>\n");
        }

        html.Append("</div>\n");
    }
}
