using System.Text;
using System.Text.Json;
using Mlops.Storage;
using Mlops.Webhooks;
using Mlops.Webhooks.Tests;

namespace Mlops.Registry.Tests.Webhooks;

public abstract class WebhookSuite : RegistrySuite
{
    private const string Key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Canary = "CANARY";

    [Test]
    public async Task Everything_that_happens_to_a_model_is_told_in_order_without_what_people_wrote()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("204 No Content");
        using RegistryWebhook webhook = Webhook(target);
        var outbox = new Outbox(Database, [webhook], Time);
        await using (ModelRegistry registry = Open(outbox))
        {
            await registry.CreateModelAsync("m", new() { Description = Canary, Tags = new Dictionary<string, string> { ["k"] = Canary } });
            await registry.RegisterAsync("m", Content("1"), new() { Format = ModelFormat.Other, Description = Canary, Source = Canary, Tags = new Dictionary<string, string> { ["k"] = Canary } });
            await registry.ApproveAsync("m", 1, new() { Actor = "bob", Reason = Canary });
            await registry.PromoteAsync("m", 1, [PromotionGate.Approved()], new() { Reason = Canary, Evidence = new Dictionary<string, double> { [Canary] = 4711 } });
            await registry.WithdrawApprovalAsync("m", 1, new() { Actor = "bob", Reason = Canary });
            await registry.TransitionStageAsync("m", 1, ModelStage.Production, actor: "eve");
            await registry.DescribeVersionAsync("m", 1, Canary);
            await registry.SetVersionTagAsync("m", 1, Canary, Canary);
            await registry.RenameModelAsync("m", "n", actor: "eve");
            await registry.DeleteVersionAsync("n", 1, new() { Reason = Canary });
            await registry.DeleteModelAsync("n", new() { Reason = Canary });
        }

        await SendAsync(outbox, () => target.Requests.Count >= 12);
        LoopbackRequest[] requests = [.. target.Requests];
        Assert.That(requests.Select(static request => Read(request)), Is.EqualTo(new[]
        {
            """registry.model.created {"model":"m","actor":"ann"}""",
            """registry.version.registered {"model":"m","actor":"ann","version":1}""",
            """registry.approval.given {"model":"m","actor":"bob","version":1,"approval":1}""",
            """registry.promotion.decided {"model":"m","actor":"ann","version":1,"alias":"champion","decision":1,"accepted":true}""",
            """registry.alias.changed {"model":"m","actor":"ann","version":1,"alias":"champion","sequence":1,"decision":1}""",
            """registry.approval.withdrawn {"model":"m","actor":"bob","version":1,"approval":2}""",
            """registry.stage.changed {"model":"m","actor":"eve","version":1,"stage":"Production"}""",
            """registry.model.renamed {"model":"m","actor":"eve","newName":"n"}""",
            """registry.alias.changed {"model":"n","actor":"ann","alias":"champion","previousVersion":1,"sequence":2}""",
            """registry.version.deleted {"model":"n","actor":"ann","version":1}""",
            """registry.model.deleted {"model":"n","actor":"ann"}""",
        }));
        Assert.That(requests.Select(static request => Encoding.UTF8.GetString(request.Body)), Has.None.Contains(Canary).And.None.Contains("4711"));
        Assert.That(requests.Select(static request => request.Headers["webhook-id"]), Is.Unique.And.None.Contains("."));
    }

    [Test]
    public async Task What_the_target_does_not_take_is_sent_again_and_what_it_refuses_is_given_up()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Busy", "204 No Content", "400 No", "204 No Content");
        using RegistryWebhook webhook = Webhook(target);
        var outbox = new Outbox(Database, [webhook]);
        await using (ModelRegistry registry = Open(outbox))
        {
            await registry.CreateModelAsync("a");
            await registry.CreateModelAsync("b");
            await registry.CreateModelAsync("c");
        }

        await SendAsync(outbox, () => target.Requests.Count >= 4);
        Assert.That(
            target.Requests.Select(static request => JsonDocument.Parse(request.Body).RootElement.GetProperty("data").GetProperty("model").GetString()),
            Is.EqualTo(new[] { "a", "a", "b", "c" }));
        Assert.That(target.Requests.ElementAt(0).Headers["webhook-id"], Is.EqualTo(target.Requests.ElementAt(1).Headers["webhook-id"]));
    }

    [Test]
    public async Task What_the_target_asks_for_in_Retry_After_reaches_the_outbox()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("429 Too Many Requests\r\nRetry-After: 600", "503 Busy");
        using RegistryWebhook webhook = Webhook(target);
        var message = new OutboxMessage(1, "registry.model.created", "id", Start, "{}"u8.ToArray());

        Assert.That(
            async () => await webhook.ReceiveAsync(message),
            Throws.TypeOf<OutboxDeferredException>().With.Property("RetryAfter").EqualTo(TimeSpan.FromMinutes(10)).And.InnerException.TypeOf<WebhookException>());
        Assert.That(async () => await webhook.ReceiveAsync(message), Throws.TypeOf<WebhookException>());
    }

    [Test]
    public async Task A_refused_change_and_a_repeated_one_tell_nobody()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("204 No Content");
        using RegistryWebhook webhook = Webhook(target);
        var outbox = new Outbox(Database, [webhook], Time);
        await using (ModelRegistry registry = Open(outbox))
        {
            await registry.RegisterAsync("m", Content("1"), Other("k"));
            await registry.RegisterAsync("m", Content("1"), Other("k"));
            await registry.SetAliasAsync("m", "a", 1, Expected.None, new() { IdempotencyKey = "k" });
            await registry.SetAliasAsync("m", "a", 1, Expected.None, new() { IdempotencyKey = "k" });
            Assert.That(async () => await registry.SetAliasAsync("m", "a", 1, Expected.None), Throws.TypeOf<AliasConflictException>());
            await registry.CreateModelAsync("last");
        }

        await SendAsync(outbox, () => target.Requests.Count >= 4);
        Assert.That(
            target.Requests.Select(static request => Read(request).Split(' ')[0]),
            Is.EqualTo(new[] { "registry.model.created", "registry.version.registered", "registry.alias.changed", "registry.model.created" }));
    }

    [Test]
    public async Task Without_a_receiver_nothing_is_kept()
    {
        var outbox = new Outbox(Database, [], Time);
        await using (ModelRegistry registry = Open(outbox))
        {
            await registry.CreateModelAsync("m");
        }

        Assert.That(await Database.QueryAsync("SELECT COUNT(*) FROM outbox_message", static row => row.GetInt64(0), CancellationToken.None), Is.EqualTo(new[] { 0L }));
    }

    [Test]
    public async Task A_message_is_signed_with_the_key()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("204 No Content");
        using RegistryWebhook webhook = Webhook(target);
        await webhook.ReceiveAsync(new OutboxMessage(1, "registry.model.created", "id", Start, "{}"u8.ToArray()));

        LoopbackRequest request = target.Requests.Single();
        Assert.That(
            new WebhookSignature([Key]).Create("id", Time.GetUtcNow(), request.Body), Is.EqualTo(request.Headers["webhook-signature"]));
        Assert.That(webhook.Takes("registry.alias.changed"), Is.True);
        Assert.That(webhook.Takes("drift.alert.raised"), Is.False);
        Assert.That(() => new RegistryWebhook(" ", new WebhookOptions()), Throws.ArgumentException);
        Assert.That(() => new RegistryWebhook("x", new WebhookOptions()), Throws.ArgumentException);
    }

    private static string Read(LoopbackRequest request)
    {
        JsonElement root = JsonDocument.Parse(request.Body).RootElement;
        return $"{root.GetProperty("type").GetString()} {root.GetProperty("data").GetRawText()}";
    }

    private RegistryWebhook Webhook(LoopbackTarget target)
    {
        var options = new WebhookOptions { Url = target.Url, AllowHttp = true, MaximumAttempts = 1 };
        options.Keys.Add(Key);
        return new RegistryWebhook("audit", options, Time);
    }

    private ModelRegistry Open(Outbox outbox) => new(Database, Artifacts, new RegistryOptions { Actor = "ann" }, Time, outbox: outbox);

    /// <summary>Runs the relay until enough has come, or nothing more can.</summary>
    private async Task SendAsync(Outbox outbox, Func<bool> isEnough)
    {
        using var relay = new OutboxRelay(outbox, new LeaseTable(Database));
        await relay.StartAsync(CancellationToken.None);
        for (int i = 0; i < 2_000 && !isEnough(); i++)
        {
            await Task.Delay(10);
            if ((await Database.QueryAsync("SELECT COUNT(*) FROM outbox_message", static row => row.GetInt64(0), CancellationToken.None))[0] == 0)
            {
                break;
            }
        }

        await relay.StopAsync(CancellationToken.None);
    }
}
