using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Tuning;

/// <summary>Renders a study as one self-contained document.</summary>
internal sealed class StudyPage(StudySnapshot study)
{
    private const string Styles = """
        :root{color-scheme:light dark;--fg:#1d2433;--dim:#667085;--line:#e4e7ec;--bg:#fff;--mark:#2e6fd8;--best:#c4320a;--good:#2e9d62;--bad:#d64545;--wait:#c98a1b}
        @media(prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#98a2b3;--line:#2d3442;--bg:#14181f;--mark:#6aa5ff;--best:#ff8a65}}
        body{font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;max-width:80rem;padding:0 1rem}
        h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.d{color:var(--dim)}
        dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.8rem 1.5rem;margin:1rem 0}dt{color:var(--dim)}dd{margin:0;font-variant-numeric:tabular-nums}
        .t{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
        th{font-weight:500;color:var(--dim);white-space:nowrap}.n{font-variant-numeric:tabular-nums;white-space:nowrap}
        .g{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(22rem,100%),1fr));gap:1rem 2rem}figure{margin:0}
        .w{max-width:46rem}svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--dim);paint-order:stroke;stroke:var(--bg);stroke-width:3px}.a{stroke:var(--line);fill:none}
        circle.p{fill:var(--mark);opacity:.55}circle.o{fill:var(--dim);opacity:.45}circle.f{fill:var(--best)}path{fill:none;stroke-linecap:round}path.b{stroke:var(--best);stroke-width:1.5}
        path.c{stroke:var(--mark);opacity:.45}path.x{stroke:var(--dim);opacity:.4}path.u{stroke-width:4}.bar{fill:var(--mark)}.e{stroke:var(--fg)}
        .l{white-space:nowrap}.k{display:inline-block;width:.8em;height:.8em;margin:0 .4em}
        .Completed{fill:var(--good);background:var(--good)}.Pruned{fill:var(--wait);background:var(--wait)}.Failed{fill:var(--bad);background:var(--bad)}
        .Running{fill:var(--mark);background:var(--mark)}.Paused{fill:var(--dim);background:var(--dim)}
        """;

    private const int MaximumRows = 20;

    private readonly StringBuilder _html = new(64 * 1024);

    public string Render()
    {
        string title = WebUtility.HtmlEncode($"Study {study.Name}");
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>")
            .Append(title).Append("</title><style>").Append(Styles).Append("</style></head><body>\n<h1>").Append(title).Append("</h1>\n");
        Facts();
        if (study.Completed.Count > 0)
        {
            new HistoryCharts(_html, study).Render();
            new ImportanceBars(_html, study).Render();
            new ParetoCharts(_html, study).Render();
            new SliceCharts(_html, study).Render();
            new ParallelCoordinates(_html, study).Render();
        }

        new LearningCurves(_html, study).Render();
        new TrialTimeline(_html, study).Render();
        Best();
        return _html.Append("</body></html>\n").ToString();
    }

    private void Facts()
    {
        _html.Append("<dl>");
        Fact(
            study.Directions.Count == 1 ? "Objective" : "Objectives",
            string.Join(", ", study.Directions.Select((direction, i) => $"{(study.Directions.Count == 1 ? "" : $"{i}:\u00a0")}{(direction == Direction.Minimize ? "minimise" : "maximise")}")));
        if (study.Directions.Count == 1 && study.Front.Count > 0)
        {
            TrialRecord best = study.Completed.First(trial => study.Front.Contains(trial.Number));
            Fact("Best", string.Create(CultureInfo.InvariantCulture, $"{best.Values[0]:G6}, trial {best.Number}"));
        }
        else if (study.Front.Count > 0)
        {
            Fact("On the front", study.Front.Count.ToString(CultureInfo.InvariantCulture));
        }
        foreach (IGrouping<TrialState, TrialRecord> state in study.Trials.GroupBy(static trial => trial.State).OrderBy(static group => group.Key))
        {
            Fact(state.Key.ToString(), state.Count().ToString(CultureInfo.InvariantCulture));
        }

        if (study.IsConstrained)
        {
            Fact("Miss a constraint", study.Completed.Count(static trial => !trial.IsFeasible).ToString(CultureInfo.InvariantCulture));
        }

        if (study.Trials.Any(static trial => trial.State != TrialState.Waiting))
        {
            Fact("Began, UTC", study.Begun.Count > 0 ? Time(study.Begun.Min(static trial => trial.Started)) : "unknown");
        }

        if (study.Trials.Any(static trial => trial.Finished is not null))
        {
            Fact("Last finished, UTC", study.Begun.Max(static trial => trial.Finished) is { } finished ? Time(finished) : "unknown");
        }

        _html.Append("</dl>\n");
    }

    private void Fact(string name, string value) => _html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(WebUtility.HtmlEncode(value)).Append("</dd></div>");

    private void Best()
    {
        TrialRecord[] shown = study.Directions.Count == 1
            ? [.. study.Completed.Where(static trial => trial.IsFeasible).OrderBy(trial => study.Directions[0] == Direction.Minimize ? trial.Values[0] : -trial.Values[0]).ThenBy(static trial => trial.Number).Take(MaximumRows)]
            : [.. study.Completed.Where(trial => study.Front.Contains(trial.Number)).OrderBy(static trial => trial.Values[0]).Take(MaximumRows)];
        if (shown.Length == 0)
        {
            return;
        }

        _html.Append(study.Directions.Count == 1 ? "<h2>Best trials</h2>\n" : "<h2>Trials of the front</h2>\n")
            .Append("<div class=\"t\"><table><thead><tr><th>Trial</th>");
        for (int objective = 0; objective < study.Directions.Count; objective++)
        {
            _html.Append("<th>").Append(study.Directions.Count == 1 ? "Value" : $"Objective {objective}").Append("</th>");
        }

        _html.Append("<th>Parameters</th>").Append(study.IsConstrained ? "<th>Constraints</th>" : "").Append("</tr></thead><tbody>\n");
        foreach (TrialRecord trial in shown)
        {
            Row(trial);
        }

        _html.Append("</tbody></table></div>\n");
    }

    private void Row(TrialRecord trial)
    {
        _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{trial.Number}</td>");
        foreach (double value in trial.Values)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{value:G6}</td>");
        }

        Cell(trial.Parameters.Select(static parameter =>
            $"{parameter.Key} = {(parameter.Value.IsText || parameter.Value.IsBoolean ? parameter.Value.ToString() : ChartScale.Text(parameter.Value.Number))}"));
        if (study.IsConstrained)
        {
            Cell(trial.Constraints.Select(static constraint => $"{constraint.Key} = {ChartScale.Text(constraint.Value)}"));
        }

        _html.Append("</tr>\n");
    }

    private void Cell(IEnumerable<string> parts) => _html.Append("<td>").Append(WebUtility.HtmlEncode(string.Join(", ", parts))).Append("</td>");

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
