using System.Globalization;
using System.Net;
using System.Text;

namespace Mlops.Tracking;

/// <summary>Renders a comparison as one self-contained document.</summary>
internal sealed class ComparisonHtml(RunComparison comparison)
{
    private const string Styles = """
        :root{color-scheme:light dark;--fg:#1d2433;--dim:#667085;--line:#e4e7ec;--bg:#fff;--off:#fdf3e7}
        @media(prefers-color-scheme:dark){:root{--fg:#e6e9ef;--dim:#98a2b3;--line:#2d3442;--bg:#14181f;--off:#33291b}}
        body{font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;max-width:90rem;padding:0 1rem}
        h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.d{color:var(--dim)}
        .t{overflow-x:auto}table{border-collapse:collapse;table-layout:fixed;width:100%}thead th:first-child{width:10rem}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
        th{font-weight:500;color:var(--dim)}th,td{overflow-wrap:anywhere}.x td{background:var(--off)}
        .n{font-variant-numeric:tabular-nums}.k{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;margin-right:.4rem}
        .g{display:grid;grid-template-columns:repeat(auto-fill,minmax(25rem,1fr));gap:1rem 2rem}figure{margin:0}figcaption{overflow-wrap:anywhere}
        svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--dim)}.a{stroke:var(--line);fill:none}
        """;

    private const int ChartWidth = 420;
    private const int ChartHeight = 170;
    private const int Left = 66;
    private const int Bottom = 20;
    private const int Top = 6;
    private const int MaximumText = 300;
    private const int NameWidth = 10;
    private const int RunWidth = 9;

    private readonly StringBuilder _html = new(64 * 1024);

    public string Render()
    {
        string title = string.Create(CultureInfo.InvariantCulture, $"{comparison.Runs.Count} runs compared");
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/><title>")
            .Append(title).Append("</title><style>").Append(Styles).Append("</style></head><body>\n<h1>").Append(title)
            .Append("</h1>\n<p class=\"d\">Rows in which the runs differ are shaded. Times are UTC.</p>\n");
        Table("Runs", isShaded: false, [
            new("experiment", [.. comparison.Runs.Select(static run => run.Experiment)]),
            new("status", [.. comparison.Runs.Select(static run => run.IsComplete ? run.Status.ToString() : $"{run.Status}, incomplete")]),
            new("started", [.. comparison.Runs.Select(static run => Time(run.StartTime))]),
            new("took", [.. comparison.Runs.Select(static run => run.EndTime is { } end ? Duration(end - run.StartTime) : null)]),
            new("id", [.. comparison.Runs.Select(static run => run.Id)]),
        ]);
        Metrics();
        Curves();
        Table("Parameters", isShaded: true, comparison.Parameters);
        Table("Data", isShaded: true, comparison.Datasets);
        Table("Code", isShaded: true, comparison.Code);
        Table("Environment", isShaded: true, comparison.Environment);
        Table("Tags", isShaded: true, comparison.Tags);
        Table("Tags of clients", isShaded: true, comparison.ReservedTags);
        return _html.Append("</body></html>\n").ToString();
    }

    private void Metrics()
    {
        if (comparison.Metrics.Count == 0)
        {
            return;
        }

        Begin("Metrics", "Last value; below it the smallest and the largest.");
        foreach (ComparedMetric metric in comparison.Metrics)
        {
            Row(metric.Name, metric.Differs);
            foreach (MetricSummary? summary in metric.Summaries)
            {
                _html.Append("<td class=\"n\">");
                if (summary is not null)
                {
                    _html.Append(Number(summary.Value));
                    if (summary.Count > 1)
                    {
                        _html.Append("<br/><span class=\"d\">").Append(Number(summary.Minimum)).Append(" to ").Append(Number(summary.Maximum)).Append("</span>");
                    }
                }

                _html.Append("</td>");
            }

            _html.Append("</tr>\n");
        }

        _html.Append("</tbody></table></div>\n");
    }

    private void Table(string heading, bool isShaded, IReadOnlyList<ComparedValue> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        Begin(heading, "");
        foreach (ComparedValue value in values)
        {
            Row(value.Name, isShaded && value.Differs);
            foreach (string? text in value.Values)
            {
                _html.Append("<td>").Append(Encode(Cut(text ?? ""))).Append("</td>");
            }

            _html.Append("</tr>\n");
        }

        _html.Append("</tbody></table></div>\n");
    }

    private void Begin(string heading, string remark)
    {
        _html.Append("<h2>").Append(heading).Append("</h2>\n");
        if (remark.Length > 0)
        {
            _html.Append("<p class=\"d\">").Append(remark).Append("</p>\n");
        }

        _html.Append(CultureInfo.InvariantCulture, $"<div class=\"t\"><table style=\"min-width:{NameWidth + RunWidth * comparison.Runs.Count}rem\"><thead><tr><th></th>");
        for (int run = 0; run < comparison.Runs.Count; run++)
        {
            _html.Append("<th><span class=\"k\" style=\"background:").Append(Colour(run)).Append("\"></span>").Append(Encode(comparison.Runs[run].Name)).Append("</th>");
        }

        _html.Append("</tr></thead><tbody>\n");
    }

    private void Row(string name, bool differs) => _html.Append(differs ? "<tr class=\"x\"><th>" : "<tr><th>").Append(Encode(name)).Append("</th>");

    private void Curves()
    {
        ComparedMetric[] drawn = [.. comparison.Metrics.Where(static metric => metric.Curves.Any(static curve => curve.Any(static bucket => bucket.Minimum is not null)))];
        if (drawn.Length == 0)
        {
            return;
        }

        _html.Append("<h2>Curves</h2>\n<p class=\"d\">By step; the band spans the values of a stretch, the line its last ones.</p>\n<div class=\"g\">\n");
        foreach (ComparedMetric metric in drawn)
        {
            _html.Append("<figure><figcaption>").Append(Encode(metric.Name)).Append("</figcaption>");
            Chart(metric);
            _html.Append("</figure>\n");
        }

        _html.Append("</div>\n");
    }

    private void Chart(ComparedMetric metric)
    {
        MetricBucket[] all = [.. metric.Curves.SelectMany(static curve => curve).Where(static bucket => bucket.Minimum is not null)];
        var steps = new Axis(all.Min(static bucket => (double)bucket.FirstStep), all.Max(static bucket => (double)bucket.LastStep), Left, ChartWidth - 4);
        var values = new Axis(all.Min(static bucket => bucket.Minimum!.Value), all.Max(static bucket => bucket.Maximum!.Value), ChartHeight - Bottom, Top);
        _html.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {ChartWidth} {ChartHeight}\" role=\"img\"><path class=\"a\" d=\"M{Left} {Top}V{ChartHeight - Bottom}H{ChartWidth - 4}\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Top + 9}\" text-anchor=\"end\">{Short(values.To)}</text><text x=\"{Left - 6}\" y=\"{ChartHeight - Bottom}\" text-anchor=\"end\">{Short(values.From)}</text>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{ChartHeight - 5}\">{Number(steps.From)}</text><text x=\"{ChartWidth - 4}\" y=\"{ChartHeight - 5}\" text-anchor=\"end\">{Number(steps.To)}</text>");
        for (int run = 0; run < metric.Curves.Count; run++)
        {
            MetricBucket[] curve = [.. metric.Curves[run].Where(static bucket => bucket.Minimum is not null)];
            if (curve.Length > 0)
            {
                Curve(curve, steps, values, Colour(run));
            }
        }

        _html.Append("</svg>");
    }

    private void Curve(MetricBucket[] curve, Axis steps, Axis values, string colour)
    {
        _html.Append("<path d=\"");
        string command = "M";
        foreach (MetricBucket bucket in curve)
        {
            Point(steps, values, bucket.LastStep, bucket.Maximum!.Value, ref command);
        }

        foreach (MetricBucket bucket in curve.Reverse())
        {
            Point(steps, values, bucket.LastStep, bucket.Minimum!.Value, ref command);
        }

        _html.Append("z\" fill=\"").Append(colour).Append("\" opacity=\".2\"/><path d=\"");
        command = "M";
        foreach (MetricBucket bucket in curve.Where(static bucket => double.IsFinite(bucket.Last.Value)))
        {
            Point(steps, values, bucket.LastStep, bucket.Last.Value, ref command);
        }

        _html.Append("\" fill=\"none\" stroke=\"").Append(colour).Append("\" stroke-width=\"1.5\" stroke-linejoin=\"round\"/>");
    }

    private void Point(Axis steps, Axis values, long step, double value, ref string command)
    {
        _html.Append(command).Append(CultureInfo.InvariantCulture, $"{steps.At(step):0.#} {values.At(value):0.#}");
        command = "L";
    }

    // The golden angle keeps the colours of neighbours apart, however many runs there are.
    private static string Colour(int run) => string.Create(CultureInfo.InvariantCulture, $"hsl({(215 + run * 137.5) % 360:0} 65% 52%)");

    private static string Number(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";

    private static string Short(double value) => value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Duration(TimeSpan time) => time.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}:{time:mm\\:ss} h");

    private static string Cut(string text) => text.Length <= MaximumText ? text : text[..MaximumText] + "\u2026";

    // XML forbids most control characters even as references, and a value may hold any.
    private static string Encode(string text) =>
        WebUtility.HtmlEncode(string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || source[i] is '\uFFFE' or '\uFFFF' ? '\uFFFD' : source[i];
            }
        }));

    /// <summary>Where numbers lie between two edges of a chart.</summary>
    private readonly record struct Axis(double From, double To, double FromPixel, double ToPixel)
    {
        // Halves, because the distance of two doubles may be none.
        public double At(double value) => To > From
            ? FromPixel + (ToPixel - FromPixel) * ((value / 2 - From / 2) / (To / 2 - From / 2))
            : (FromPixel + ToPixel) / 2;
    }
}
