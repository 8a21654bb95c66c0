using System.Text;

namespace Quickstart;

/// <summary>Rolling error of the four lines, with alarms and decisions in lanes below.</summary>
internal sealed class ErrorChart(ReplayResult result, Timeline timeline)
{
    private const int RollingDays = 90;
    private const int DrawnEvery = 3;
    private const int Top = 24;
    private const int Bottom = 384;
    private const int LaneHeight = 30;
    private const int Height = Bottom + 46 + (3 * LaneHeight);

    private static readonly (string Name, string Label, Func<ReplayDay, double> Predicted)[] Lines =
    [
        ("frozen", "frozen", d => d.Frozen), ("naive", "naive", d => d.Naive), ("blind", "blind", d => d.Blind), ("managed", "managed", d => d.Managed),
    ];

    private readonly StringBuilder _svg = new();
    private readonly double[][] _errors = [.. Lines.Select(line => Rolling(result.Days, line.Predicted))];
    private double _lowest = 0.25;
    private double _highest = 4;

    public string Render()
    {
        double[] all = [.. _errors.SelectMany(e => e).Where(e => e > 0)];
        if (all.Length > 0)
        {
            _lowest = Math.Min(0.5, all.Min() * 0.9);
            _highest = Math.Max(2, all.Max() * 1.05);
        }

        _svg.AppendLine($"<svg viewBox=\"0 0 {Timeline.Width} {Height}\" role=\"img\" aria-label=\"Rolling {RollingDays}-day mean absolute error of the frozen, naive, blind and managed lines, with alarms and decisions\">");
        Axes();
        foreach (CandidateDecision decision in result.Decisions.Where(d => d.Promoted is not null))
            _svg.AppendLine($"<line class=\"switch\" x1=\"{timeline.X(decision.Date):F1}\" x2=\"{timeline.X(decision.Date):F1}\" y1=\"{Top}\" y2=\"{Bottom}\"/>");
        for (int i = 0; i < Lines.Length; i++)
            Line(Lines[i].Name, _errors[i]);
        EndLabels();
        Lane(0, "error alarm", "alarm-error", d => d.ErrorAlarm);
        Lane(1, "input drift alarm", "alarm-drift", d => d.FeatureAlarm);
        Decisions(2);
        _svg.AppendLine("</svg>");
        return _svg.ToString();
    }

    // A window reaches back over the last 90 days; before it is full there is nothing to draw.
    private static double[] Rolling(IReadOnlyList<ReplayDay> days, Func<ReplayDay, double> predicted)
    {
        double[] rolling = new double[Math.Max(0, days.Count - RollingDays + 1)];
        for (int i = 0; i < rolling.Length; i++)
        {
            for (int j = i; j < i + RollingDays; j++)
                rolling[i] += Math.Abs(days[j].Actual - predicted(days[j])) / RollingDays;
        }

        return rolling;
    }

    private double Y(double error) =>
        Bottom - ((Bottom - Top) * Math.Log(Math.Max(error, _lowest) / _lowest) / Math.Log(_highest / _lowest));

    private void Axes()
    {
        for (double tick = Math.Pow(2, Math.Ceiling(Math.Log2(_lowest))); tick <= _highest; tick *= 2)
        {
            _svg.AppendLine($"<line class=\"grid\" x1=\"{Timeline.Left}\" x2=\"{Timeline.Right}\" y1=\"{Y(tick):F1}\" y2=\"{Y(tick):F1}\"/>");
            _svg.AppendLine($"<text class=\"tick\" text-anchor=\"end\" x=\"{Timeline.Left - 8}\" y=\"{Y(tick) + 4:F1}\">{tick:0.###}</text>");
        }

        _svg.AppendLine($"<text class=\"axis\" transform=\"translate({Timeline.Left - 62} {(Top + Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">mean absolute error, thousand entries a day</text>");
        _svg.AppendLine($"<text class=\"axis\" transform=\"translate({Timeline.Left - 46} {(Top + Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">(last {RollingDays} days, logarithmic)</text>");
        _svg.Append(YearAxis.Render(timeline, Top, Bottom, Bottom + 18));
    }

    private void Line(string name, double[] errors)
    {
        if (errors.Length == 0)
            return;
        _svg.Append($"<polyline class=\"line {name}\" points=\"");
        for (int i = 0; i < errors.Length; i++)
        {
            if (i % DrawnEvery == 0 || i == errors.Length - 1)
                _svg.Append($"{timeline.X(result.Days[i + RollingDays - 1].Date):F1},{Y(errors[i]):F1} ");
        }

        _svg.AppendLine("\"/>");
    }

    // Labels stand beside the lines' ends, pushed apart where they would touch.
    private void EndLabels()
    {
        if (_errors[0].Length == 0)
            return;
        double next = double.NegativeInfinity;
        foreach ((int i, double y) in Enumerable.Range(0, Lines.Length).Select(i => (i, Y(_errors[i][^1]))).OrderBy(e => e.Item2))
        {
            double at = Math.Max(y + 4, next);
            next = at + 16;
            _svg.AppendLine($"<text class=\"label {Lines[i].Name}\" x=\"{Timeline.Right + 8}\" y=\"{at:F1}\">{Lines[i].Label} {_errors[i][^1]:F2}</text>");
        }
    }

    private void Lane(int lane, string title, string style, Func<ReplayDay, bool> raised)
    {
        double y = LaneTop(lane);
        LaneTitle(y, title);
        for (int i = 0; i < result.Days.Count; i++)
        {
            if (!raised(result.Days[i]))
                continue;
            int first = i;
            while (i + 1 < result.Days.Count && raised(result.Days[i + 1]))
                i++;
            DateOnly from = result.Days[first].Date, to = result.Days[i].Date;
            double x = timeline.X(from);
            _svg.AppendLine($"<rect class=\"{style}\" x=\"{x:F1}\" y=\"{y + 6:F1}\" width=\"{Math.Max(2.5, timeline.X(to) - x):F1}\" height=\"{LaneHeight - 12}\"><title>{title}, {from:yyyy-MM-dd} to {to:yyyy-MM-dd}</title></rect>");
        }
    }

    private void Decisions(int lane)
    {
        double y = LaneTop(lane) + (LaneHeight / 2.0);
        LaneTitle(LaneTop(lane), "candidates");
        foreach (CandidateDecision decision in result.Decisions)
        {
            double x = timeline.X(decision.Date);
            string mark = decision switch
            {
                { Promoted: not null } => $"<path class=\"promoted\" d=\"M{x:F1} {y - 7:F1}l6.5 12h-13z\"/>",
                { Origin: CandidateOrigin.Pushed } => $"<path class=\"pushed\" d=\"M{x:F1} {y - 8:F1}l8 8l-8 8l-8 -8z\"/>",
                _ => $"<path class=\"rejected\" d=\"M{x - 4.5:F1} {y - 4.5:F1}l9 9m0 -9l-9 9\"/>",
            };
            _svg.AppendLine($"<a href=\"#{DecisionTable.Anchor(decision)}\">{mark}<title>{decision.Date:yyyy-MM-dd}: {ReportText.Encode(DecisionTable.Sentence(decision))}</title></a>");
        }
    }

    private static double LaneTop(int lane) => Bottom + 36 + (lane * LaneHeight);

    private void LaneTitle(double y, string title)
    {
        _svg.AppendLine($"<text class=\"lane\" text-anchor=\"end\" x=\"{Timeline.Left - 8}\" y=\"{y + (LaneHeight / 2.0) + 4:F1}\">{title}</text>");
        _svg.AppendLine($"<line class=\"grid\" x1=\"{Timeline.Left}\" x2=\"{Timeline.Right}\" y1=\"{y + (LaneHeight / 2.0):F1}\" y2=\"{y + (LaneHeight / 2.0):F1}\"/>");
    }
}
