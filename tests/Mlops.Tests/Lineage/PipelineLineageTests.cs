using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Webhooks.Tests;

namespace Mlops.Tests.Lineage;

[TestFixture]
internal sealed class PipelineLineageTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-lineage").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_receiver_hears_of_a_pipeline_and_its_steps_in_order_and_each_event_has_its_own_run_and_type()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("503 Service Unavailable", "201 Created");
        using IHost host = await StartAsync(target.Url, static _ => { });
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        PipelineRun good = await pipelines.StartAsync<Two, bool>(false);
        await pipelines.WaitAsync(good.Id);
        await TakenAsync(target, 7);
        PipelineRun bad = await pipelines.StartAsync<Two, bool>(true);
        await pipelines.WaitAsync(bad.Id);
        List<JsonElement> events = await TakenAsync(target, 13);
        await host.StopAsync();

        // The first was refused and came again: the same to the byte.
        Assert.That(events[0].ToString(), Is.EqualTo(events[1].ToString()));
        Assert.That(
            events.Skip(1).Select(static e => $"{e.GetProperty("eventType").GetString()} {e.GetProperty("job").GetProperty("name").GetString()}"),
            Is.EqualTo((string[])
            [
                "START Two", "START Two.load", "COMPLETE Two.load", "START Two.use", "COMPLETE Two.use", "COMPLETE Two",
                "START Two", "START Two.load", "COMPLETE Two.load", "START Two.use", "FAIL Two.use", "FAIL Two",
            ]));
        Assert.That(events.Skip(1).Select(static e => (e.GetProperty("run").GetProperty("runId").GetString(), e.GetProperty("eventType").GetString())), Is.Unique);
        string[] made = Names(events[3].GetProperty("outputs"));
        Assert.That(made, Has.Length.EqualTo(2).And.Some.EqualTo("Two.load").And.Some.StartsWith("artifacts/sha256/"));
        Assert.That(Names(events[5].GetProperty("inputs")), Is.EquivalentTo(made), "what one has made the other has read");
        Assert.That(string.Concat(events), Does.Not.Contain("diverged"));
    }

    [Test]
    public async Task Steps_are_left_out_where_the_host_does_not_want_them()
    {
        await using LoopbackTarget target = LoopbackTarget.Answering("201 Created");
        using IHost host = await StartAsync(target.Url, static options => options.PipelineSteps = false);
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();

        PipelineRun run = await pipelines.StartAsync<Two, bool>(false);
        await pipelines.WaitAsync(run.Id);
        List<JsonElement> events = await TakenAsync(target, 2);
        await host.StopAsync();

        Assert.That(events.Select(static e => e.GetProperty("eventType").GetString()), Is.EqualTo((string[])["START", "COMPLETE"]));
    }

    private static string[] Names(JsonElement datasets) => [.. datasets.EnumerateArray().Select(static d => d.GetProperty("name").GetString()!)];

    private async Task<IHost> StartAsync(Uri url, Action<OpenLineageOptions> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddMlopsOrchestration(static o => o.PollInterval = TimeSpan.FromMilliseconds(20)).AddPipeline<Two>();
        builder.Services.AddOpenLineage(options =>
        {
            (options.Url, options.AllowHttp) = (url, true);
            configure(options);
        });
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static async Task<List<JsonElement>> TakenAsync(LoopbackTarget target, int count)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
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

    /// <summary>An artifact, and a step that reads it and fails if told so.</summary>
    private sealed class Two : IPipelineDefinition<bool>
    {
        public void Define(PipelineBuilder<bool> p)
        {
            Step<ArtifactRef> load = p.Step("load", static ctx => ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3])));
            p.Step("use", load, static async (data, ctx) =>
            {
                await using Stream content = await ctx.OpenArtifactAsync(data);
                return ctx.Parameters ? throw new PermanentStepException("diverged") : 1;
            });
        }
    }
}
