using System.Text;

namespace Mlops.Tuning;

/// <summary>Every pair of objectives, the front marked.</summary>
internal sealed class ParetoCharts(StringBuilder html, StudySnapshot study)
{
    private const int Width = 360;
    private const int Height = 280;
    private const int WidthAlone = 640;
    private const int HeightAlone = 400;
    private const int MaximumPairs = 6;
    private const int MaximumPoints = 2_000;

    public void Render()
    {
        if (study.Directions.Count < 2)
        {
            return;
        }

        html.Append("<h2>Pareto front</h2>\n<p class=\"d\">Red: no other trial is better in all objectives at once.")
            .Append(study.IsConstrained ? " Grey: a constraint is missed." : "").Append("</p>\n<div class=\"").Append(study.Directions.Count == 2 ? "w" : "g").Append("\">\n");
        IEnumerable<(int X, int Y)> pairs = Enumerable.Range(0, study.Directions.Count)
            .SelectMany(x => Enumerable.Range(x + 1, study.Directions.Count - x - 1).Select(y => (x, y))).Take(MaximumPairs);
        (int width, int height) = study.Directions.Count == 2 ? (WidthAlone, HeightAlone) : (Width, Height);
        TrialRecord[] others = [.. study.Completed.Where(trial => !study.Front.Contains(trial.Number)).TakeLast(MaximumPoints)];
        foreach ((int x, int y) in pairs)
        {
            html.Append("<figure>");
            var chart = new Chart(
                html, width, height, study.ObjectiveScale(x), study.ObjectiveScale(y), study.ObjectiveName(x), study.ObjectiveName(y), study.ObjectiveHint(x), study.ObjectiveHint(y));
            Array.ForEach(others, trial => chart.Point(trial.Values[x], trial.Values[y], trial.IsFeasible ? "p" : "o", StudySnapshot.Title(trial)));
            foreach (TrialRecord trial in study.Completed.Where(trial => study.Front.Contains(trial.Number)).Take(MaximumPoints))
            {
                chart.Point(trial.Values[x], trial.Values[y], "f", StudySnapshot.Title(trial));
            }

            chart.Close();
            html.Append("</figure>\n");
        }

        html.Append("</div>\n");
    }
}
