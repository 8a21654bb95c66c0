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

    public void Render()
    {
        TrialRecord[] shown = [.. study.Trials.TakeLast(MaximumTrials).OrderBy(static trial => trial.Started)];
        if (shown.Length == 0)
        {
            return;
        }

        DateTimeOffset start = shown[0].Started;
        DateTimeOffset end = shown.Max(static trial => trial.Finished ?? trial.Started);
        double seconds = Math.Max(1e-6, (end - start).TotalSeconds);
        List<DateTimeOffset> rows = [];
        html.Append("<h2>Timeline</h2>\n<p class=\"d\">Green: completed, amber: pruned, red: failed, grey: paused, blue: runs. A row is one place to run at; the last attempt of each trial.</p>\n");
        StringBuilder bars = new(8 * 1024);
        foreach (TrialRecord trial in shown)
        {
            DateTimeOffset until = trial.Finished ?? end;
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
            double from = Width * (trial.Started - start).TotalSeconds / seconds;
            double width = Math.Max(1, (Width * (until - trial.Started).TotalSeconds / seconds) - 0.5);
            bars.Append(CultureInfo.InvariantCulture, $"<rect class=\"{trial.State}\" x=\"{from:0.#}\" y=\"{row * Row}\" width=\"{width:0.#}\" height=\"{Row - 3}\"><title>trial {trial.Number}, {trial.State}, {Duration(until - trial.Started)}</title></rect>\n");
        }

        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width + 1} {(rows.Count * Row) + Labels}\" role=\"img\" aria-label=\"timeline\">\n").Append(bars);
        for (int tick = 0; tick <= 4; tick++)
        {
            string anchor = tick == 0 ? "start" : tick == 4 ? "end" : "middle";
            html.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"{anchor}\" x=\"{Width * tick / 4}\" y=\"{(rows.Count * Row) + 13}\">{Duration((end - start) * tick / 4)}</text>\n");
        }

        html.Append("</svg>\n");
    }

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalMilliseconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.##} ms"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min"),
    };
}
