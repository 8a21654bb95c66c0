using System.Text;

namespace Mlops.Tuning;

/// <summary>Every completed trial's value by number, and the best so far.</summary>
internal sealed class HistoryCharts(StringBuilder html, StudySnapshot study)
{
    private const int Width = 900;
    private const int Height = 260;

    // More points than this only darken each other.
    private const int MaximumPoints = 3_000;

    public void Render()
    {
        html.Append("<h2>History</h2>\n<p class=\"d\">Completed trials; values far on the bad side are drawn at the edge.").Append(study.Directions.Count == 1 ? " Line: the best so far." : " Red: the front.")
            .Append(study.IsConstrained ? " Grey: a constraint is missed.</p>\n" : "</p>\n");
        for (int objective = 0; objective < study.Directions.Count; objective++)
        {
            var chart = new Chart(
                html, Width, Height, ChartScale.Whole(0, study.Trials[^1].Number), study.ObjectiveScale(objective), "trial", study.ObjectiveName(objective), yHint: study.ObjectiveHint(objective));
            Points(chart, objective);
            if (study.Directions.Count == 1)
            {
                BestSoFar(chart);
            }

            chart.Close();
        }
    }

    private void Points(Chart chart, int objective)
    {
        int every = (study.Completed.Count + MaximumPoints - 1) / MaximumPoints;
        for (int i = 0; i < study.Completed.Count; i += every)
        {
            TrialRecord trial = study.Completed[i];
            string style = study.Front.Contains(trial.Number) && study.Directions.Count > 1 ? "f" : trial.IsFeasible ? "p" : "o";
            chart.Point(trial.Number, trial.Values[objective], style, StudySnapshot.Title(trial));
        }
    }

    private void BestSoFar(Chart chart)
    {
        List<(double X, double Y)> steps = [];
        foreach (TrialRecord trial in study.Completed)
        {
            if (trial.IsFeasible && (steps.Count == 0 || study.IsBetter(0, trial.Values[0], steps[^1].Y)))
            {
                steps.Add((trial.Number, trial.Values[0]));
            }
        }

        if (steps.Count > 0)
        {
            steps.Add((study.Trials[^1].Number, steps[^1].Y));
        }

        chart.Line(steps, "b", isStaircase: true);
    }
}
