using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Webhooks;
using Mlops.Webhooks.Tests;

namespace Mlops.Orchestration.Tests;

[TestFixture]
public sealed class PipelineWebhookTests
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private SqliteFile? _file;

    [SetUp]
    public void CreateFile() => _file = new SqliteFile();

    [TearDown]
    public void DeleteFile() => _file!.Dispose();

    [Test]
    public async Task Failures_and_questions_reach_the_target_signed_and_without_what_people_and_code_wrote()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Busy", "200 OK");
        using IHost host = Create(o => o.AddWebhook("pager", configure: options => Aim(options, target)));
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        PipelineRun run = await pipelines.StartAsync<Asking, string>("canary-parameter");
        List<(string Id, JsonElement Body)> taken = await TakenAsync(target, 2);
        await pipelines.RejectAsync(run.Id, "word", "ann", "canary-comment");
        taken = await TakenAsync(target, 3);
        await host.StopAsync();

        Assert.That(taken[1].Id, Is.EqualTo(taken[0].Id), "sent again under the same id");
        Assert.That(taken[1].Body.GetProperty("type").GetString(), Is.EqualTo("orchestration.approval.requested"));
        Assert.That(taken[1].Body.GetProperty("data").ToString(), Is.EqualTo($$"""{"pipeline":"Asking","run":{{run.Id}},"step":"word"}"""));
        JsonElement failed = taken[2].Body.GetProperty("data");
        Assert.That(taken[2].Body.GetProperty("type").GetString(), Is.EqualTo("orchestration.run.failed"));
        Assert.That((failed.GetProperty("failure").GetString(), failed.GetProperty("step").GetString()), Is.EqualTo(("StepFailed", "word")));
        Assert.That(taken.Select(static m => m.Body.ToString()), Has.None.Contains("canary"));
        Assert.That(new WebhookSignature([Key]).Verify(
            taken[2].Id, target.Requests.Last().Headers["webhook-timestamp"], target.Requests.Last().Headers["webhook-signature"], target.Requests.Last().Body, TimeProvider.System.GetUtcNow()), Is.True);
    }

    [Test]
    public void Calls_of_one_name_refine_one_webhook_which_tells_what_any_of_them_wants()
    {
        using IHost host = Create(o => o
            .AddWebhook("pager", PipelineNotices.RunFailed, options => options.Url = new Uri("https://pager.invalid/hook"))
            .AddWebhook("pager", PipelineNotices.RunStarted, static options => options.Keys.Add(Key)));
        IOutboxReceiver webhook = host.Services.GetServices<IOutboxReceiver>().Single();

        Assert.That(webhook.Name, Is.EqualTo("orchestration/webhook/pager"));
        Assert.That(
            ((string[])[PipelineRunTransition.StartedTopic, PipelineRunTransition.SucceededTopic, PipelineRunTransition.FailedTopic, PipelineRunTransition.CancelledTopic, PipelineApprovalRequest.Topic, PipelineStepTransition.EndedTopic]).Where(webhook.Takes),
            Is.EqualTo((string[])[PipelineRunTransition.StartedTopic, PipelineRunTransition.FailedTopic]));
    }

    [Test]
    public async Task A_target_that_cannot_be_used_stops_the_start()
    {
        using IHost host = Create(static o => o.AddWebhook("pager"));

        Assert.That(
            (await Assert.ThrowsAsync<OptionsValidationException>(async () => await host.StartAsync()))!.Message,
            Does.Contain("Mlops:Orchestration:Webhooks:pager").And.Contain("Url is missing"));
        Assert.That(() => Create(static o => o.AddWebhook("pager", PipelineNotices.None)), Throws.ArgumentException.With.Property("ParamName").EqualTo("notices"));
        Assert.That(() => Create(static o => o.AddWebhook("", PipelineNotices.All)), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
    }

    [Test]
    public async Task A_message_of_a_newer_version_is_given_up()
    {
        var options = new WebhookOptions { Url = new Uri("https://pager.invalid/hook") };
        options.Keys.Add(Key);
        using var webhook = new PipelineWebhook("pager", options);

        await Assert.ThatAsync(
            async () => await webhook.ReceiveAsync(new OutboxMessage(1, PipelineRunTransition.FailedTopic, "a", DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes("{}"))),
            Throws.TypeOf<OutboxRejectedException>());
    }

    private static void Aim(WebhookOptions options, LoopbackTarget target)
    {
        options.Url = target.Url;
        options.AllowHttp = true;
        options.FirstDelay = TimeSpan.FromMilliseconds(10);
        options.Keys.Add(Key);
    }

    private IHost Create(Action<IMlopsOrchestrationBuilder> add)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite(_file!.ConnectionString);
        add(builder.Services.AddMlopsOrchestration(static o => o.PollInterval = TimeSpan.FromMilliseconds(20)).AddPipeline<Asking>());
        return builder.Build();
    }

    private static async Task<List<(string Id, JsonElement Body)>> TakenAsync(LoopbackTarget target, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (target.Requests.Count < count)
        {
            await Task.Delay(10, limit.Token);
        }

        return [.. target.Requests.Select(static request =>
        {
            using JsonDocument document = JsonDocument.Parse(request.Body);
            return (request.Headers["webhook-id"], document.RootElement.Clone());
        })];
    }

    private sealed class Asking : IPipelineDefinition<string>
    {
        public void Define(PipelineBuilder<string> p)
        {
            Step<string> made = p.Step("made", static ctx => Task.FromResult(ctx.Parameters));
            p.Approval("word", made, static x => $"Take {x}?");
        }
    }
}
