using System.Text;

namespace Quickstart;

/// <summary>One row per candidate: what started it, what the gate saw, what it decided.</summary>
internal static class DecisionTable
{
    public static string Anchor(CandidateDecision decision) => $"d{decision.Date:yyyyMMdd}-{decision.Origin.ToString().ToLowerInvariant()}";

    public static string Sentence(CandidateDecision decision)
    {
        PairedVerdict v = decision.Verdict;
        string outcome = decision.Promoted is { } version ? $"promoted as version {version}" : "rejected";
        return $"{outcome}; error {v.CandidateError:F2} against version {decision.Champion}'s {v.ChampionError:F2} on {decision.HoldOutDays} held-out days, {ReportText.P(v.PValue)}";
    }

    public static string Render(IReadOnlyList<CandidateDecision> decisions)
    {
        var html = new StringBuilder();
        html.AppendLine("<table><thead><tr><th>day<th>started by<th class=\"wide\">because<th class=\"n\">served<th class=\"n\">its error<th class=\"n\">candidate<th class=\"n\">better by<th class=\"n\">p<th>verdict</tr></thead><tbody>");
        foreach (CandidateDecision d in decisions)
        {
            string verdict = d.Promoted is { } version ? $"<span class=\"up\">&#9650; promoted as v{version}</span>" : "<span class=\"no\">&#10005; rejected</span>";
            html.AppendLine(
                $"<tr id=\"{Anchor(d)}\"><td>{d.Date:yyyy-MM-dd}<td>{Origin(d.Origin)}<td class=\"wide\">{ReportText.Encode(d.Trigger)}<td class=\"n\">v{d.Champion}"
                + $"<td class=\"n\">{d.Verdict.ChampionError:F2}<td class=\"n\">{d.Verdict.CandidateError:F2}<td class=\"n\">{ReportText.Signed(d.Verdict.Improvement)}<td class=\"n\">{ReportText.Encode(ReportText.P(d.Verdict.PValue)[2..].TrimStart('=', ' '))}<td>{verdict}</tr>");
        }

        html.AppendLine("</tbody></table>");
        return html.ToString();
    }

    private static string Origin(CandidateOrigin origin) => origin switch
    {
        CandidateOrigin.ErrorAlarm => "error alarm",
        CandidateOrigin.FeatureDrift => "input drift",
        _ => "pushed by hand",
    };
}
