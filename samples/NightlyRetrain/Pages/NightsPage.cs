using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Mlops.Orchestration;

namespace NightlyRetrain;

internal static class NightsPage
{
    private const string Style = """
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1c2330 }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #dde2ea }
        .question { border: 1px solid #d8a200; border-radius: 6px; padding: .6rem 1rem; margin: .6rem 0; background: #fffaeb; display: flex; gap: .6rem; align-items: center }
        .question p { flex: 1; margin: 0 } button { font: inherit; padding: .2rem .9rem }
        """;

    public static string Write(IReadOnlyList<PipelineRun> runs, IReadOnlyList<PendingApproval> questions, AntiforgeryTokenSet tokens)
    {
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Nights</title><style>{Style}</style><h1>Nights</h1>");
        foreach (PendingApproval question in questions)
        {
            html.Append(CultureInfo.InvariantCulture, $"""
                <form class="question" method="post" action="/nights/{question.RunId}/decision">
                <input type="hidden" name="{tokens.FormFieldName}" value="{tokens.RequestToken}"><input type="hidden" name="step" value="{Text(question.Step)}">
                <p>{Text(question.Question)}</p><button name="approve" value="true">Approve</button><button name="approve" value="false">Reject</button></form>
                """);
        }

        html.Append("<table><tr><th>Run<th>Night<th>State<th>Took<th>What went wrong");
        foreach (PipelineRun run in runs)
        {
            string took = run.FinishedAt is { } end ? string.Create(CultureInfo.InvariantCulture, $"{(end - run.CreatedAt).TotalSeconds:F1} s") : "";
            html.Append(CultureInfo.InvariantCulture, $"""
                <tr><td><a href="/nights/{run.Id}">{run.Id}</a><td>{run.Partition?.End:yyyy-MM-dd}<td>{run.State}<td>{took}<td>{Text(run.Error ?? "")}
                """);
        }

        return html.Append("</table></html>").ToString();
    }

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
