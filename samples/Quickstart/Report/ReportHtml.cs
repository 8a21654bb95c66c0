using System.Text;

namespace Quickstart;

/// <summary>The replay as one page: no script, no request, readable in light and dark.</summary>
public static partial class ReportHtml
{
    /// <param name="judgedFrom">First year of the summary; earlier years are those in which even a frozen model is young.</param>
    public static string Render(ReplayResult result, int judgedFrom)
    {
        ArgumentOutOfRangeException.ThrowIfZero(result.Days.Count, nameof(result));
        DateOnly first = result.Days[0].Date, last = result.Days[^1].Date;
        var timeline = new Timeline(first, last);
        PeriodScore judged = PeriodScore.Since(judgedFrom, result) ?? PeriodScore.Since(first.Year, result)!;
        var page = new StringBuilder();
        page.AppendLine($"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Ridership replay {first:yyyy-MM-dd} to {last:yyyy-MM-dd}</title><style>{Style}</style></head><body><main>");
        page.AppendLine("<h1>A model that looks after itself</h1>");
        page.AppendLine($"<p class=\"lead\">Daily entries at Chicago's Clark/Lake station, predicted and replayed from {first:yyyy-MM-dd} to {last:yyyy-MM-dd}, one day at a time; each label arrives a day late.</p>");
        page.Append(Tiles(judged, result));

        page.AppendLine("<section><h2>Error of four ways to keep a model</h2>");
        page.AppendLine(Legend);
        page.Append(new ErrorChart(result, timeline).Render());
        page.AppendLine("</section>");

        page.AppendLine("<section><h2>Which inputs drifted</h2>");
        page.AppendLine("<p class=\"key\"><span class=\"swatch drifted\"></span>drift against the served version's reference of the same season <span class=\"swatch steady\"></span>no drift; the stronger the colour, the larger the Kolmogorov-Smirnov distance. A promotion brings a new reference and starts a new window; what the old one had seen of its quarter is not judged and stays blank.</p>");
        page.Append(new DriftHeatMap(result, timeline).Render());
        page.AppendLine("</section>");

        page.AppendLine("<section><h2>Year by year</h2>");
        page.Append(Years(result, judgedFrom));
        page.AppendLine("</section>");

        page.AppendLine("<section><h2>Every candidate and the verdict behind it</h2>");
        page.AppendLine($"<p class=\"key\">Candidate and served version are compared day by day on the newest labelled days, which neither was trained on. p is the chance of at least this improvement were both equally good; below {RetrainPolicy.GateLevel:0.##} the candidate is promoted. An input alarm asks once, an error alarm again every {RetrainPolicy.HoldOutDays} days while it stands.</p>");
        page.Append(DecisionTable.Render(result.Decisions));
        page.AppendLine("</section></main></body></html>");
        return page.ToString();
    }

    private const string Legend =
        """
        <p class="key"><span class="stroke managed"></span>managed: retrained on alarm, promoted only if better
        <span class="stroke blind"></span>blind: retrained by the calendar
        <span class="stroke naive"></span>naive: as two weeks ago
        <span class="stroke frozen"></span>frozen: never retrained<br>
        <span class="up">&#9650;</span> promoted <span class="no">&#10005;</span> rejected <span class="push">&#9670;</span> pushed by hand and stopped at the gate; point at a mark for its verdict, click it for its row</p>
        """;

    private static string Tiles(PeriodScore judged, ReplayResult result)
    {
        var html = new StringBuilder("<div class=\"tiles\">");
        html.Append(Tile($"{judged.Managed.Mae:F2}", $"thousand entries mean error a day, managed, {judged.Period}"));
        html.Append(Compared(judged.Managed, judged.Frozen, "the frozen model"));
        html.Append(Compared(judged.Managed, judged.Naive, "naive"));
        html.Append(Compared(judged.Managed, judged.Blind, $"retraining {result.BlindRuns} times by the calendar"));
        html.Append(Tile($"{judged.Runs}", $"pipeline runs in these years: {judged.Promotions} promoted, {judged.Rejections} rejected"));
        return html.AppendLine("</div>").ToString();
    }

    private static string Tile(string figure, string text) => $"<div class=\"tile\"><b>{figure}</b>{text}</div>";

    private static string Compared(Score managed, Score other, string name)
    {
        double percent = 100 * ((managed.Mae / other.Mae) - 1);
        (string figure, string word) = Math.Abs(percent) < 0.5 ? ("equal", "to") : ($"{Math.Abs(percent):F0} % {(percent < 0 ? "less" : "more")}", "than");
        return Tile(figure, $"{word} {name} ({other.Mae:F2})");
    }

    private static string Years(ReplayResult result, int judgedFrom)
    {
        var html = new StringBuilder();
        html.AppendLine("<table><thead><tr><th rowspan=\"2\">year<th colspan=\"2\" class=\"group\">managed<th colspan=\"2\" class=\"group\">blind<th colspan=\"2\" class=\"group\">naive<th colspan=\"2\" class=\"group\">frozen<th colspan=\"2\" class=\"group\">days in alarm<th colspan=\"3\" class=\"group\">pipeline</tr>");
        html.Append("<tr>");
        for (int i = 0; i < 4; i++)
            html.Append("<th class=\"n\">MAE<th class=\"n\">R&sup2;");
        html.AppendLine("<th class=\"n\">error<th class=\"n\">inputs only<th class=\"n\">runs<th class=\"n\">promoted<th class=\"n\">rejected</tr></thead><tbody>");
        foreach (PeriodScore year in PeriodScore.PerYear(result))
            html.AppendLine(Row(year, ""));
        if (PeriodScore.Since(judgedFrom, result) is { } judged)
            html.AppendLine(Row(judged, " class=\"sum\""));
        return html.AppendLine("</tbody></table>").ToString();
    }

    private static string Row(PeriodScore p, string style)
    {
        double best = new[] { p.Frozen.Mae, p.Naive.Mae, p.Blind.Mae, p.Managed.Mae }.Min();
        var html = new StringBuilder($"<tr{style}><td>{p.Period}");
        foreach (Score score in (Score[])[p.Managed, p.Blind, p.Naive, p.Frozen])
            html.Append($"<td class=\"n{(score.Mae == best ? " best" : "")}\">{score.Mae:F2}<td class=\"n r2\">{score.R2:F3}");
        return html.Append($"<td class=\"n\">{p.ErrorAlarmDays}<td class=\"n\">{p.FeatureAlarmDays}<td class=\"n\">{p.Runs}<td class=\"n\">{p.Promotions}<td class=\"n\">{p.Rejections}</tr>").ToString();
    }
}
