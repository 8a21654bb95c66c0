using System.Globalization;
using System.Text;

namespace Mlops.Tuning;

/// <summary>When the latest trials ran, packed into as few rows as ran at once.</summary>
internal sealed class TrialTimeline(StringBuilder html, StudySnapshot study)
{
    private const int MaximumTrials = 500;
    private const int MaximumRows = 64;
    private const int Width = 900;
    private const int Row = 16;
    private const int Labels = 18;
    private const double Mark = 3;

    public void Render()
    {
        TrialRecord[] shown = [.. study.Begun.TakeLast(MaximumTrials).OrderBy(static trial => trial.Started)];
        if (shown.Length == 0)
        {
            return;
        }

        DateTimeOffset start = shown[0].Started;
        DateTimeOffset end = shown.Max(End);
        double seconds = Math.Max(1e-6, (end - start).TotalSeconds);
        Caption(shown, start);
        List<DateTimeOffset> rows = [];
        StringBuilder bars = new(8 * 1024);
        foreach (TrialRecord trial in shown)
        {
            DateTimeOffset until = End(trial);
            int row = rows.FindIndex(free => free <= trial.Started);
            if (row < 0)
            {
                row = Math.Min(rows.Count, MaximumRows - 1);
                if (row == rows.Count)
                {
                    rows.Add(until);
                }
            }

            rows[row] = until;
            double width = trial.State == TrialState.Paused ? Mark : Math.Max(1, (Width * (until - trial.Started).TotalSeconds / seconds) - 0.5);
            double from = Math.Min(Width - width, Width * (trial.Started - start).TotalSeconds / seconds);
            string time = trial.State == TrialState.Paused ? "" : $", {Duration(until - trial.Started)}";
            bars.Append(CultureInfo.InvariantCulture, $"<rect class=\"{trial.State}\" x=\"{from:0.#}\" y=\"{row * Row}\" width=\"{width:0.#}\" height=\"{Row - 3}\"><title>trial {trial.Number}, {trial.State}{time}</title></rect>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<div class=\"t\"><svg style=\"min-width:{Chart.LeastWidth(Width)}px\" viewBox=\"0 0 {Width + 1} {(rows.Count * Row) + Labels}\" role=\"img\" aria-label=\"timeline\">\n").Append(bars);
        for (int tick = 0; tick <= 4; tick++)
        {
            string anchor = tick == 0 ? "start" : tick == 4 ? "end" : "middle";
            html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"{anchor}\" x=\"{Width * tick / 4}\" y=\"{(rows.Count * Row) + 13}\">{Duration((end - start) * tick / 4)}</text>\n");
        }

        html.Append("</svg></div>\n");
    }

    private void Caption(TrialRecord[] shown, DateTimeOffset start)
    {
        html.Append("<h2>Timeline</h2>\n<p class=\"d\">A row is one place to run at; the last attempt of ")
            .Append(CultureInfo.InvariantCulture, $"{(shown.Length < study.Begun.Count ? $"the last {MaximumTrials} trials" : "each trial")}, by the time since {StudyPage.Time(start)} UTC. ");
        int unknown = study.Trials.Count(static trial => trial.State != TrialState.Waiting) - study.Begun.Count;
        if (unknown > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"Not shown: {unknown} of which is unknown when they began. ");
        }

        foreach (TrialState state in shown.Select(static trial => trial.State).Distinct().Order())
        {
            html.Append(CultureInfo.InvariantCulture, $"<span class=\"l\"><span class=\"k {state}\"></span>{(state == TrialState.Paused ? "paused, where it went on last" : state.ToString().ToLowerInvariant())}</span> ");
        }

        html.Append("</p>\n");
    }

    /// <summary>When a trial paused is not stored.</summary>
    private DateTimeOffset End(TrialRecord trial) => trial.Finished ?? (trial.State == TrialState.Running && study.At > trial.Started ? study.At : trial.Started);

    private static string Duration(TimeSpan time) => time switch
    {
        { Ticks: 0 } => "0",
        { TotalMilliseconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.##} ms"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min"),
    };
}
