using System.Globalization;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>A row per step, a bar per attempt.</summary>
internal sealed class RunPageTimeline(PipelineRun run, IReadOnlyList<StepStatus> steps, IReadOnlyList<RunEvent> events)
{
    private const int Names = 220;
    private const int Width = 900;
    private const int Row = 22;

    private readonly DateTimeOffset _start = run.CreatedAt;
    private readonly DateTimeOffset _end = run.FinishedAt ?? (events.Count == 0 ? run.CreatedAt : events[^1].At);

    public void Render(StringBuilder html)
    {
        ILookup<string, AttemptEvent> attempts = events.OfType<AttemptEvent>()
            .Where(static e => e is not (StepFenced or StepMemoized or StepChecked)).ToLookup(static e => e.Step, StringComparer.Ordinal);
        html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Names + Width + 20} {(steps.Count + 1) * Row}\" width=\"{Names + Width + 20}\" role=\"img\" aria-label=\"timeline\">\n");
        for (int tick = 0; tick <= 4; tick++)
        {
            double x = Names + (Width * tick / 4.0);
            html.Append(CultureInfo.InvariantCulture, $"<line class=\"a\" x1=\"{x:0.#}\" x2=\"{x:0.#}\" y1=\"0\" y2=\"{steps.Count * Row}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text class=\"d\" text-anchor=\"{(tick == 4 ? "end" : "start")}\" x=\"{x:0.#}\" y=\"{(steps.Count * Row) + 15}\">{RunPage.Duration((_end - _start) * tick / 4)}</text>\n");
        }

        for (int i = 0; i < steps.Count; i++)
        {
            string key = steps[i].Key;
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{(i * Row) + 15}\">{RunPage.Encode(key.Length <= 32 ? key : key[..31] + "…")}<title>{RunPage.Encode(key)}</title></text>\n");
            StepStarted? started = null;
            ApprovalRequested? asked = null;
            foreach (AttemptEvent entry in attempts[key])
            {
                if (entry is StepStarted start)
                {
                    Wait(html, i, asked, start.At);
                    (started, asked) = (start, null);
                }
                else if (started is not null)
                {
                    Bar(html, i, started, entry.At, Describe(entry));
                    started = null;
                    asked = entry as ApprovalRequested;
                }
            }

            Wait(html, i, asked, _end);
            if (started is not null)
            {
                Bar(html, i, started, _end, run.IsOver ? ("idle", "ended with the run") : ("wait", "runs"));
            }
        }

        html.Append("</svg>");
    }

    private void Wait(StringBuilder html, int row, ApprovalRequested? asked, DateTimeOffset end)
    {
        if (asked is not null)
        {
            Rectangle(html, row, asked.At, end, "wait", $"waited {RunPage.Duration(end - asked.At)} for a decision");
        }
    }

    private void Bar(StringBuilder html, int row, StepStarted start, DateTimeOffset end, (string Class, string Text) kind) =>
        Rectangle(html, row, start.At, end, kind.Class, string.Create(CultureInfo.InvariantCulture, $"attempt {start.Attempt}, {RunPage.Duration(end - start.At)}: {kind.Text}"));

    private void Rectangle(StringBuilder html, int row, DateTimeOffset start, DateTimeOffset end, string kind, string text)
    {
        double from = X(start);
        double width = Math.Max(2, X(end) - from);
        html.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{from:0.#}\" y=\"{(row * Row) + 3}\" width=\"{width:0.#}\" height=\"{Row - 7}\" rx=\"2\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{RunPage.Encode(text)}</title></rect>\n");
    }

    private double X(DateTimeOffset time) => _end <= _start ? Names : Names + (Width * Math.Clamp((time - _start) / (_end - _start), 0, 1));

    private static (string Class, string Text) Describe(AttemptEvent entry) => entry switch
    {
        StepSucceeded => ("good", "succeeded"),
        StepCached cached => ("reuse", string.Create(CultureInfo.InvariantCulture, $"taken from run {cached.FromRun}")),
        StepRetryScheduled retry => ("bad", retry.Error),
        StepFailed failed => ("bad", failed.Error),
        StepReclaimed => ("lost", "lost with its worker"),
        StepReleased released => ("lost", released.Reason),
        ApprovalRequested => ("wait", "asked"),
        _ => ("idle", entry.GetType().Name),
    };
}
