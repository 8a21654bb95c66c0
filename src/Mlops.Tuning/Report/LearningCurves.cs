using System.Globalization;
using System.Text;

namespace Mlops.Tuning;

/// <summary>Reports by step.</summary>
internal sealed class LearningCurves(StringBuilder html, StudySnapshot study)
{
    private const int Width = 900;
    private const int Height = 260;

    public void Render()
    {
        (TrialRecord Trial, (double X, double Y)[] Points)[] curves = [.. study.Trials
            .Where(trial => study.Curves.ContainsKey(trial.Number))
            .Select(trial => (trial, study.Curves[trial.Number].Where(static report => double.IsFinite(report.Value)).Select(static report => ((double)report.Step, report.Value)).ToArray()))
            .Where(static curve => curve.Item2.Length > 0)];
        if (curves.Length == 0)
        {
            return;
        }

        html.Append(CultureInfo.InvariantCulture, $"<h2>Learning curves</h2>\n<p class=\"d\">Reports by step of {curves.Length} trials; grey: pruned or failed, red: the best trial or the front. Values far on the bad side are drawn at the edge.</p>\n");
        (double X, double Y)[] all = [.. curves.SelectMany(static curve => curve.Points)];
        var chart = new Chart(
            html, Width, Height, ChartScale.Whole(all.Min(static point => point.X), all.Max(static point => point.X)),
            ChartScale.Robust(all.Select(static point => point.Y), study.Directions[0]), "step", "report");
        foreach ((TrialRecord trial, (double X, double Y)[] points) in curves.OrderBy(curve => study.Front.Contains(curve.Trial.Number)))
        {
            string dot = points.Length == 1 ? " u" : "";
            string style = study.Front.Contains(trial.Number) ? "b" : trial.State is TrialState.Pruned or TrialState.Failed ? "x" : "c";
            chart.Line(points, style + dot, title: $"{StudySnapshot.Title(trial)} {trial.State}");
        }

        chart.Close();
    }
}
