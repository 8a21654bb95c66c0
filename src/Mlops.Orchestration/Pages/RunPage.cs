using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>Renders a run as one self-contained document. It holds no parameters, no results and no items: they may carry what must not be shown.</summary>
internal sealed class RunPage(
    PipelineRun run,
    IReadOnlyList<StepStatus> steps,
    IReadOnlyList<RunEvent> events,
    PipelineGraph? graph,
    IReadOnlyDictionary<string, CacheExplanation> cache,
    IReadOnlyList<(string Step, StepLogLine Line)> lines,
    IReadOnlyList<DataUse> data)
{
    /// <summary>A page of more rows is no page; what is left out is counted.</summary>
    public const int MaximumSteps = 1_000;

    public const int MaximumLines = 1_000;

    public const int MaximumData = 500;

    private const int MaximumRetries = 3;

    private const string Styles = """
        :root{color-scheme:light dark;--fg:#1d2433;--dim:#667085;--line:#e4e7ec;--bg:#fff;--good:#2e9d62;--bad:#d64545;--wait:#c98a1b;--lost:#7a5bd1;--reuse:#3d7dca}
        @media(prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#98a2b3;--line:#2d3442;--bg:#14181f}}
        body{font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;max-width:90rem;padding:0 1rem}
        h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.d{color:var(--dim)}
        .t{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}td.w{overflow-wrap:anywhere;min-width:8rem}
        th{font-weight:500;color:var(--dim);white-space:nowrap}td.m{font-family:ui-monospace,monospace;font-size:.85em}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
        svg{display:block;height:auto;max-width:none}svg.g{max-width:100%}.s{white-space:nowrap}.s::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;margin-right:.45em;background:var(--dim)}
        .s.good::before{background:var(--good)}.s.bad::before{background:var(--bad)}.s.wait::before{background:var(--wait)}.s.reuse::before{background:var(--reuse)}
        svg text{font:12px system-ui,sans-serif;fill:var(--fg)}svg .d{fill:var(--dim)}
        .e{stroke:var(--dim);fill:none}.b{fill:var(--bg);stroke:var(--line);stroke-width:2}.a{stroke:var(--line)}
        .good{fill:var(--good)}.bad{fill:var(--bad)}.wait{fill:var(--wait)}.lost{fill:var(--lost)}.reuse{fill:var(--reuse)}.idle{fill:var(--dim)}
        .b.good,.b.bad,.b.wait,.b.lost,.b.reuse,.b.idle{fill:var(--bg)}.b.idle{stroke-dasharray:4 3}.b.good{stroke:var(--good)}.b.bad{stroke:var(--bad)}.b.wait{stroke:var(--wait)}.b.reuse{stroke:var(--reuse)}
        """;

    private readonly StringBuilder _html = new(32 * 1024);
    private readonly ILookup<string, StepChecked> _checks = events.OfType<StepChecked>().Where(static e => e.Outcome != CheckOutcome.Passed).ToLookup(static e => e.Step, StringComparer.Ordinal);
    private readonly ILookup<string, StepRetryScheduled> _retries = events.OfType<StepRetryScheduled>().ToLookup(static e => e.Step, StringComparer.Ordinal);
    private readonly ILookup<string, ApprovalDecided> _decisions = events.OfType<ApprovalDecided>().ToLookup(static e => e.Step, StringComparer.Ordinal);
    private readonly Dictionary<string, StepStatus> _byKey = steps.ToDictionary(static step => step.Key, StringComparer.Ordinal);
    private readonly ILookup<string, StepStatus> _items = steps.Where(static step => step.Key.Contains('[', StringComparison.Ordinal))
        .ToLookup(static step => step.Key[..step.Key.IndexOf('[', StringComparison.Ordinal)], StringComparer.Ordinal);
    private readonly HashSet<string> _reused = [.. events.OfType<StepEvent>().Where(static e => e is StepReused or StepCached).Select(static e => e.Step)];

    public string Render()
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"{run.Pipeline}, run {run.Id}");
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>")
            .Append(Encode(title)).Append("</title><style>").Append(Styles).Append("</style></head><body>\n<h1>").Append(Encode(title)).Append("</h1>\n");
        Header();
        if (graph is not null)
        {
            _html.Append("<h2>Graph</h2>\n<div class=\"t\">");
            new RunPageGraph(graph, ClassOfNode, node => _items[node].Count()).Render(_html);
            _html.Append("</div>\n");
        }

        StepStatus[] shown = [.. steps.Take(MaximumSteps)];
        _html.Append("<h2>Timeline</h2>\n<p class=\"d\">Green succeeded, red failed, violet was given back or lost with its worker, blue came from an earlier run, amber waits or runs.</p>\n<div class=\"t\">");
        new RunPageTimeline(run, shown, events).Render(_html);
        _html.Append("</div>\n");
        Steps(shown);
        Data();
        Log();
        return _html.Append("</body></html>\n").ToString();
    }

    /// <summary>How a step is drawn.</summary>
    public static string ClassOf(StepState state, bool isReused) => state switch
    {
        StepState.Succeeded => isReused ? "reuse" : "good",
        StepState.Failed => "bad",
        StepState.Ready or StepState.Running or StepState.AwaitingApproval => "wait",
        _ => "idle",
    };

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A group is drawn like the worst of its steps.</summary>
    private string ClassOfNode(string node)
    {
        if (!_byKey.TryGetValue(node, out StepStatus? step))
        {
            return "idle";
        }

        string[] items = [.. _items[node].Select(item => ClassOf(item.State, _reused.Contains(item.Key))).Distinct()];
        return Array.Find(items, static item => item == "bad") ?? Array.Find(items, static item => item == "wait") ?? ClassOf(step.State, _reused.Contains(node));
    }

    private void Header()
    {
        string state = run is { IsOver: false, PausedAt: not null } ? "Paused" : run.State.ToString();
        string kind = run.State switch { PipelineRunState.Succeeded => "good", PipelineRunState.Failed => "bad", PipelineRunState.Running => "wait", _ => "idle" };
        _html.Append(CultureInfo.InvariantCulture, $"<p><b class=\"s {kind}\">{state}</b>");
        _html.Append(CultureInfo.InvariantCulture, $" <span class=\"d\">started {run.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}");
        if (run.FinishedAt is { } finished)
        {
            _html.Append(CultureInfo.InvariantCulture, $", took {Duration(finished - run.CreatedAt)}");
        }

        if (run.Schedule is { } schedule)
        {
            _html.Append(CultureInfo.InvariantCulture, $", by schedule {Encode(schedule)}");
        }

        if (run.RerunOf is { } source)
        {
            _html.Append(CultureInfo.InvariantCulture, $", a rerun of run {source}");
        }

        _html.Append("; times are UTC</span></p>\n");
        if (run.Error is { } error)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<p>{(run.FailedStep is { } step ? Encode(step) + ": " : "")}{Encode(error)}</p>\n");
        }
    }

    private void Steps(StepStatus[] shown)
    {
        _html.Append("<h2>Steps</h2>\n<div class=\"t\"><table><thead><tr><th>Step</th><th>State</th><th>Attempts</th><th>Failed</th><th>Lost</th><th>Last attempt</th><th>Took</th><th>Remarks</th></tr></thead><tbody>\n");
        foreach (StepStatus step in shown)
        {
            TimeSpan? took = step is { StartedAt: { } start, FinishedAt: { } end } ? end - start : null;
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"w\">{Encode(step.Key)}</td><td><span class=\"s {ClassOf(step.State, _reused.Contains(step.Key))}\">{step.State}</span></td>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{step.Attempts}</td><td class=\"n\">{step.Failures}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{step.LostAttempts}</td><td class=\"n\">{(step.StartedAt is { } at ? Time(at) : "")}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"n\">{(took is { } duration ? Duration(duration) : "")}</td><td class=\"w\">");
            foreach (string remark in Remarks(step))
            {
                _html.Append(CultureInfo.InvariantCulture, $"<div>{Encode(remark)}</div>");
            }

            _html.Append("</td></tr>\n");
        }

        _html.Append("</tbody></table></div>\n");
        if (steps.Count > shown.Length)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<p class=\"d\">{steps.Count - shown.Length} further steps are not shown.</p>\n");
        }
    }

    /// <summary>What the columns do not say, in the order in which it happened.</summary>
    private IEnumerable<string> Remarks(StepStatus step)
    {
        if (cache.GetValueOrDefault(step.Key) is { } explanation)
        {
            yield return $"Cache: {explanation}";
        }

        foreach (StepRetryScheduled retry in _retries[step.Key].TakeLast(MaximumRetries))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Attempt {retry.Attempt}: {retry.Error}");
        }

        foreach (StepChecked check in _checks[step.Key].Where(static check => check.Outcome == CheckOutcome.Warned))
        {
            yield return $"Check '{check.Check}': {check.Problem}.";
        }

        foreach (ApprovalDecided decision in _decisions[step.Key])
        {
            yield return $"{(decision.IsApproved ? "Approved" : "Rejected")} by {decision.Actor}.";
        }

        // Until the step has failed for good, its error is that of the last retry.
        if (step is { State: StepState.Failed, Error: { } error })
        {
            yield return error;
        }
    }

    private void Data()
    {
        if (data.Count == 0)
        {
            return;
        }

        _html.Append("<h2>Data</h2>\n<div class=\"t\"><table><thead><tr><th>Step</th><th>Use</th><th>Data</th><th>Digest</th><th>From</th></tr></thead><tbody>\n");
        foreach (DataUse use in data.Take(MaximumData))
        {
            string name = use.Data.Kind == StepDataKind.Artifact ? "an artifact" : use.Data.Name;
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"w\">{Encode(use.Step)}</td><td>{(use.Data.IsOutput ? "made" : "read")}</td><td class=\"w\">{Encode(name)}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td class=\"w m\">{Encode(use.Data.Digest ?? "")}</td><td>{(use.FromRun is { } from ? $"run {from}" : "")}</td></tr>\n");
        }

        _html.Append("</tbody></table></div>\n");
        if (data.Count > MaximumData)
        {
            _html.Append("<p class=\"d\">Further data is not shown.</p>\n");
        }
    }

    private void Log()
    {
        if (lines.Count == 0)
        {
            return;
        }

        _html.Append("<h2>Log</h2>\n<div class=\"t\"><table><thead><tr><th>Step</th><th>Attempt</th><th>Time</th><th>Level</th><th>Message</th></tr></thead><tbody>\n");
        foreach ((string step, StepLogLine line) in lines.Take(MaximumLines))
        {
            _html.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"w\">{Encode(step)}</td><td class=\"n\">{line.Attempt}</td><td class=\"n\">{Time(line.At)}</td><td>{line.Level}</td><td class=\"w\">{Encode(line.Message)}</td></tr>\n");
        }

        _html.Append("</tbody></table></div>\n");
        if (lines.Count > MaximumLines)
        {
            _html.Append("<p class=\"d\">Further lines are not shown.</p>\n");
        }
    }

    /// <summary>Without the day where that is the day of the start, which the page's head says.</summary>
    private string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString(time.UtcDateTime.Date == run.CreatedAt.UtcDateTime.Date ? "HH:mm:ss" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time switch
    {
        { TotalMilliseconds: > 0 and < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0} ms"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min"),
    };
}
