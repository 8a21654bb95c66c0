using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Mlops.Orchestration;

namespace NightlyRetrain;

/// <summary>The nights so far, a page for each, and the decisions that wait for a person.</summary>
internal static class NightEndpoints
{
    public static void MapNights(this WebApplication app)
    {
        app.MapGet("/", static async (Pipelines pipelines, IAntiforgery antiforgery, HttpContext http) =>
        {
            IReadOnlyList<PipelineRun> runs = await pipelines.ListRunsAsync(nameof(RetrainPipeline), 30, cancellationToken: http.RequestAborted);
            IReadOnlyList<PendingApproval> questions = await pipelines.ListApprovalsAsync(cancellationToken: http.RequestAborted);
            AntiforgeryTokenSet tokens = antiforgery.GetAndStoreTokens(http);
            return Results.Content(NightsPage.Write(runs, questions, tokens), "text/html; charset=utf-8");
        });

        app.MapGet("/nights/{id:long}", static async (long id, Pipelines pipelines, CancellationToken cancellationToken) =>
            await pipelines.FindAsync(id, cancellationToken) is { } run
                ? Results.Content(await run.ToHtmlAsync(cancellationToken), "text/html; charset=utf-8")
                : Results.NotFound($"There is no run {id}."));

        app.MapPost("/nights/{id:long}/decision", static async (
            long id, [FromForm] string step, [FromForm] bool approve, Pipelines pipelines, CancellationToken cancellationToken) =>
        {
            // In an application of your own, the name of whoever is signed in.
            string actor = Environment.UserName;
            try
            {
                await (approve ? pipelines.ApproveAsync(id, step, actor, cancellationToken: cancellationToken) : pipelines.RejectAsync(id, step, actor, cancellationToken: cancellationToken));
                return Results.Redirect("/");
            }
            catch (Exception e) when (e is ApprovalNotPendingException or PipelineRunNotFoundException)
            {
                return Results.NotFound(e.Message);
            }
        });
    }
}
