using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Drift;

/// <summary>Renders a report as one self-contained document.</summary>
internal sealed partial class HtmlReport(DriftReport report)
{
    private const string Styles = """
        :root{color-scheme:light dark;--fg:#1d2433;--dim:#667085;--line:#e4e7ec;--bg:#fff;--ref:#98a2b3;--cur:#2e6fd8;--bad:#c4320a;--mid:#93650b;--ok:#157f4d}
        @media(prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#98a2b3;--line:#2d3442;--bg:#14181f;--ref:#667085;--cur:#6aa5ff;--bad:#ff8a65;--mid:#e3b341;--ok:#4cc38a}}
        body{font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;max-width:72rem;padding:0 1rem}
        h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.3rem 0}
        .d{color:var(--dim)}b{font-weight:600}.Drift{color:var(--bad)}.Undecided{color:var(--mid)}.NoDrift{color:var(--ok)}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
        th{font-weight:500;color:var(--dim)}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.w{overflow-wrap:anywhere}
        svg{display:block}.r{fill:var(--ref);opacity:.55}.c{fill:none;stroke:var(--cur);stroke-width:1.5}
        dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.8rem 1.5rem;margin:1rem 0}dt{color:var(--dim)}dd{margin:0;font-variant-numeric:tabular-nums}
        """;

    private const int ChartWidth = 120;
    private const int ChartHeight = 28;

    private readonly StringBuilder _html = new(64 * 1024);

    public string Render()
    {
        string title = report.Monitor is { } monitor ? $"Drift of {monitor}" : "Drift report";
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>")
            .Append(Encode(title)).Append("</title><style>").Append(Styles).Append("</style></head><body>\n");
        Head(title);
        if (report.Error is { } error)
            Errors(error);
        if (report.EstimatedError is { } estimated)
            EstimatedError(estimated);
        if (report.EstimatedPerformance is { } performance)
            EstimatedPerformance(performance);
        Features();
        if (report.Segments.Count > 0)
            Segments();
        if (report.LabelledWindows.Count > 0)
            LabelledWindows();
        if (report.GroupGaps.Count > 0)
            Gaps();
        return _html.Append("</body></html>\n").ToString();
    }

    private void Head(string title)
    {
        int drifted = report.Features.Count(static f => f.Verdict == DriftVerdict.Drift);
        int undecided = report.Features.Count(static f => f.Verdict == DriftVerdict.Undecided);
        _html.Append("<h1>").Append(Encode(title)).Append(": ").Append(Verdict(report.Verdict)).Append("</h1>\n<p>")
            .Append(drifted).Append(" of ").Append(report.Features.Count).Append(" columns drift, ").Append(undecided).Append(" undecided.");
        if (report.Incomplete)
            _html.Append(" <b>Incomplete:</b> rows were lost while this window filled.");
        if (report.Partial)
            _html.Append(" The window was not full.");
        _html.Append("</p>\n");
        foreach (string warning in report.Warnings)
            _html.Append("<p class=\"d\">").Append(Encode(warning)).Append("</p>\n");
        _html.Append("<dl>");
        Fact("Rows", Count(report.Rows) + (report.RowsSeen > report.Rows ? $" of {Count(report.RowsSeen)} seen" : ""));
        Fact("Window", report.From is { } from && report.To is { } to ? $"{Time(from)} to {Time(to)}" : null);
        Fact("Evaluated", report.EvaluatedAt is { } at ? Time(at) : null);
        Fact("Model version", Short(report.ModelVersion));
        Fact("Reference", Short(report.ReferenceDigest));
        Fact("Over time", report.OverTime is { } decided ? $"{(decided.IsDiscovery ? "a discovery" : "no discovery")}, {Count(decided.Discoveries)} in {Count(decided.Evaluations)}" : null);
        Fact("Season", report.ReferenceSeason is "all" ? null : report.ReferenceSeason);
        if (report.Labels is { } labels)
            Fact("Labels", $"{Count(labels.Joined)} joined, {Count(labels.Pending)} awaited");
        _html.Append("</dl>\n");
    }

    private void Features()
    {
        _html.Append("<h2>Columns</h2>\n<p class=\"d\">Grey: reference, blue: window; shares per bin, missing values apart.</p>\n")
            .Append("<table><thead><tr><th>Column</th><th>Verdict</th><th></th><th class=\"n\">Effect</th><th class=\"n\">Adjusted p</th><th>Reason</th></tr></thead><tbody>\n");
        foreach (FeatureDrift feature in report.Features.OrderByDescending(static f => f.Verdict))
            Row(feature);
        _html.Append("</tbody></table>\n");
    }

    private void Segments()
    {
        _html.Append("<h2>Segments</h2>\n<p class=\"d\">Rows of one value against the reference's rows of the same value.</p>\n")
            .Append("<table><thead><tr><th>Segment</th><th>Verdict</th><th class=\"n\">Rows</th><th class=\"n\">Reference</th><th class=\"n\">Adjusted p</th><th>Columns that drift</th></tr></thead><tbody>\n");
        foreach (SegmentDrift segment in report.Segments.OrderByDescending(static s => s.Verdict))
        {
            IEnumerable<string> drifted = segment.Features.Where(static f => f.Verdict == DriftVerdict.Drift).Select(static f => $"{f.Name} ({Number(f.Effect)})");
            _html.Append("<tr><td class=\"w\">").Append(Encode($"{segment.Column} = {Cut(segment.Value)}")).Append("</td><td>").Append(Verdict(segment.Verdict))
                .Append("</td><td class=\"n\">").Append(Count(segment.Rows)).Append("</td><td class=\"n\">").Append(Count(segment.ReferenceRows))
                .Append("</td><td class=\"n\">").Append(Number(segment.AdjustedPValue)).Append("</td><td class=\"w\">").Append(Encode(string.Join(", ", drifted))).Append("</td></tr>\n");
        }

        _html.Append("</tbody></table>\n");
    }

    private void Row(FeatureDrift feature)
    {
        _html.Append("<tr><td class=\"w\">").Append(Encode(feature.Name)).Append("</td><td>").Append(Verdict(feature.Verdict)).Append("</td><td>");
        Chart(feature.ReferenceShares, feature.CurrentShares);
        _html.Append("</td><td class=\"n\">").Append(Number(feature.Effect)).Append("</td><td class=\"n\">").Append(Number(feature.AdjustedPValue))
            .Append("</td><td class=\"w\">").Append(Encode(feature.Reason));
        if (feature.NewCategories.Count > 0)
            _html.Append("; new: ").Append(Encode(string.Join(", ", feature.NewCategories.Take(3).Select(static c => $"{Cut(c.Name)} ({Count(c.Rows)})"))));
        _html.Append("</td></tr>\n");
    }

    /// <summary>Two stairs of the same bins: the reference filled, the window as a line.</summary>
    private void Chart(IReadOnlyList<double> reference, IReadOnlyList<double> current)
    {
        const int MaximumBars = 24;
        int bars = Math.Min(MaximumBars, reference.Count);
        if (bars == 0)
            return;
        double highest = Math.Max(Math.Max(reference.Take(bars).Max(), current.Take(bars).Max()), 1e-9);
        int width = Math.Max(1, ChartWidth / bars);
        _html.Append("<svg width=\"").Append(bars * width).Append("\" height=\"").Append(ChartHeight).Append("\"><path class=\"r\" d=\"");
        Stairs(reference, bars, width, highest);
        _html.Append("z\"/><path class=\"c\" d=\"");
        Stairs(current, bars, width, highest);
        _html.Append("\"/></svg>");
    }

    private void Stairs(IReadOnlyList<double> shares, int bars, int width, double highest)
    {
        int level = ChartHeight;
        _html.Append("M0 ").Append(ChartHeight);
        for (int i = 0; i < bars; i++)
        {
            int next = ChartHeight - (int)Math.Round((ChartHeight - 2) * shares[i] / highest);
            if (next != level)
                _html.Append('V').Append(next);
            _html.Append('h').Append(width);
            level = next;
        }

        _html.Append('V').Append(ChartHeight);
    }

    private void Fact(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            _html.Append("<div><dt>").Append(name).Append("</dt><dd>").Append(Encode(value)).Append("</dd></div>");
    }

    private static string Verdict(DriftVerdict verdict)
    {
        string name = verdict.ToString();
        string words = verdict == DriftVerdict.NoDrift ? "no drift" : verdict == DriftVerdict.Drift ? "drift" : "undecided";
        return $"<b class=\"{name}\">{words}</b>";
    }

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static string? Short(string? digest) => digest is { Length: > 20 } ? digest[..12] + "…" : digest;

    private static string Time(DateTimeOffset time) =>
        time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Number(double? value) => value?.ToString("G3", CultureInfo.InvariantCulture) ?? "";

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    // XML forbids most control characters even as references, and a category may hold any.
    private static string Encode(string text) =>
        WebUtility.HtmlEncode(string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) || source[i] is '\uFFFE' or '\uFFFF' ? '\uFFFD' : source[i];
        }));
}
