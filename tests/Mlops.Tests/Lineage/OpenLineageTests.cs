using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Webhooks.Tests;

namespace Mlops.Tests.Lineage;

[TestFixture]
internal sealed class OpenLineageTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-lineage").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_receiver_hears_of_every_start_and_end_with_data_and_artifacts_also_when_it_was_away()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Service Unavailable", "201 Created");
        using IHost host = await StartAsync(target.Url);
        Tracker tracker = host.Services.GetRequiredService<Tracker>();

        await tracker.TrackAsync("ridership", async (run, token) =>
        {
            await run.LogDatasetAsync(new DatasetInput("rides", "d1") { Uri = "s3://lake/rides.parquet", Rows = 365 }, token);
            await run.LogArtifactAsync("model.onnx", new MemoryStream([1, 2, 3]), token);
        });
        Assert.That(
            async () => await tracker.TrackAsync("ridership", static (_, _) => throw new InvalidOperationException("diverged")),
            Throws.InvalidOperationException);
        List<JsonElement> events = await TakenAsync(target, 5);

        // The first was refused and came again.
        Assert.That(events.Select(static e => e.GetProperty("eventType").GetString()), Is.EqualTo(new[] { "START", "START", "COMPLETE", "START", "FAIL" }));
        JsonElement complete = events[2];
        Assert.That(complete.GetProperty("inputs")[0].GetProperty("namespace").GetString(), Is.EqualTo("s3://lake"));
        Assert.That(complete.GetProperty("outputs")[0].GetProperty("name").GetString(), Does.EndWith("/model.onnx"));
        Assert.That(target.Requests.First().Headers["Authorization"], Is.EqualTo("Bearer key"));
        Assert.That(events[4].ToString(), Does.Not.Contain("diverged"));
        await host.StopAsync();
    }

    [Test]
    public async Task Writes_by_id_are_told_as_well_and_each_once()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using IHost host = await StartAsync(target.Url);
        Tracker tracker = host.Services.GetRequiredService<Tracker>();

        RunRecord parent = await tracker.CreateRunAsync("sweep", new StartRunOptions { IdempotencyKey = "once" });
        await tracker.CreateRunAsync("sweep", new StartRunOptions { IdempotencyKey = "once" });
        RunRecord child = await tracker.CreateRunAsync("ridership", new StartRunOptions { ParentId = parent.Id });
        await tracker.UpdateRunAsync(child.Id, new RunUpdate { Status = RunStatus.Killed });
        await tracker.UpdateRunAsync(child.Id, new RunUpdate { Status = RunStatus.Killed });
        List<JsonElement> events = await TakenAsync(target, 3);

        Assert.That(events.Select(static e => e.GetProperty("eventType").GetString()), Is.EqualTo(new[] { "START", "START", "ABORT" }));
        JsonElement facet = events[1].GetProperty("run").GetProperty("facets").GetProperty("parent");
        Assert.That(facet.GetProperty("job").GetProperty("name").GetString(), Is.EqualTo("sweep"));
        await host.StopAsync();
        Assert.That(target.Requests, Has.Count.EqualTo(3));
    }

    /// <summary>What is told must not keep a run from ending: as many datasets as there is room for are.</summary>
    [Test]
    public async Task A_run_whose_data_no_message_can_hold_ends_all_the_same()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("200 OK");
        using IHost host = await StartAsync(target.Url);
        Tracker tracker = host.Services.GetRequiredService<Tracker>();

        RunRecord run = await tracker.CreateRunAsync("ridership");
        string tail = new('&', 60_000);
        await tracker.LogAsync(run.Id, new RunLog
        {
            Datasets = [.. Enumerable.Range(0, 40).Select(i => new DatasetInput($"d{i}", "1") { Uri = $"https://data.example/{i}?{tail}" })],
        });
        await tracker.UpdateRunAsync(run.Id, new RunUpdate { Status = RunStatus.Finished });
        List<JsonElement> events = await TakenAsync(target, 2);

        Assert.That((await tracker.GetRunAsync(run.Id)).Status, Is.EqualTo(RunStatus.Finished));
        Assert.That(events[1].GetProperty("inputs").GetArrayLength(), Is.InRange(1, 20));
        await host.StopAsync();
    }

    [Test]
    public async Task What_the_receiver_asks_for_in_Retry_After_reaches_the_outbox()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Busy\r\nRetry-After: 600", "503 Busy");
        await using ServiceProvider services = Bare(options => (options.Url, options.AllowHttp) = (target.Url, true));
        IOutboxReceiver receiver = services.GetServices<IOutboxReceiver>().Single();
        var transition = new OutboxMessage(1, RunTransition.StartedTopic, "id", DateTimeOffset.UnixEpoch, await WrittenAsync());

        Assert.That(
            async () => await receiver.ReceiveAsync(transition),
            Throws.TypeOf<OutboxDeferredException>().With.Property("RetryAfter").EqualTo(TimeSpan.FromMinutes(10)));
        Assert.That(async () => await receiver.ReceiveAsync(transition), Throws.TypeOf<HttpRequestException>());
    }

    [Test]
    public async Task No_configuration_is_needed()
    {
        await using ServiceProvider services = Bare(static options => options.Url = new Uri("https://lineage.example/api"));

        Assert.That(services.GetService<Microsoft.Extensions.Configuration.IConfiguration>(), Is.Null);
        Assert.That(services.GetServices<IOutboxReceiver>().Single().Name, Is.EqualTo("openlineage"));
    }

    private ServiceProvider Bare(Action<OpenLineageOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        services.AddOpenLineage(configure);
        return services.BuildServiceProvider();
    }

    /// <summary>What a tracker writes for a start.</summary>
    private async Task<byte[]> WrittenAsync()
    {
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "written.db")}");
        var services = new ServiceCollection();
        services.AddMlopsStorage().UseDatabase(_ => database);
        services.AddMlopsTracking();
        services.AddOpenLineage(static options => options.Url = new Uri("https://lineage.example/api"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredService<Tracker>().CreateRunAsync("sweep");
        return (await database.QueryAsync("SELECT payload FROM outbox_message", static row => row.GetFieldValue<byte[]>(0), CancellationToken.None)).Single();
    }

    [TestCase(null, "missing")]
    [TestCase("http://example.org/lineage", "AllowHttp")]
    [TestCase("ftp://example.org/lineage", "ftp")]
    [TestCase("https://user:canary@example.org/lineage", "ApiKey")]
    public void A_target_that_cannot_be_used_stops_the_start_and_keeps_its_secrets(string? url, string said)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddOpenLineage(options => options.Url = url is null ? null : new Uri(url));
        using IHost host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains(said).And.Message.Not.Contains("canary"));
    }

    private async Task<IHost> StartAsync(Uri url)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddMlopsTracking();
        builder.Services.AddOpenLineage(options => (options.Url, options.AllowHttp, options.ApiKey) = (url, true, "key"));
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<List<JsonElement>> TakenAsync(LoopbackTarget target, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (target.Requests.Count < count)
        {
            await Task.Delay(10, limit.Token);
        }

        return [.. target.Requests.Select(static request =>
        {
            using JsonDocument document = JsonDocument.Parse(request.Body);
            return document.RootElement.Clone();
        })];
    }
}
