using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Tests.Registry;

/// <summary>From an artifact over steps and runs to a model's version, and back.</summary>
public abstract class ModelLineageSuite
{
    private static readonly string Rides = new('a', 64);

    private string _folder = "";
    private Database _database = null!;
    private ArtifactCatalog _artifacts = null!;
    private Tracker _tracker = null!;
    private ModelRegistry _registry = null!;

    protected abstract Database Create(string folder);

    [SetUp]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-lineage-").FullName;
        _database = Create(_folder);
        _artifacts = new ArtifactCatalog(_database, new FileArtifactStore(Path.Combine(_folder, "artifacts")));
        _tracker = new Tracker(_database, _artifacts);
        _registry = new ModelRegistry(_database, _artifacts, new RegistryOptions { Actor = "ann" });
    }

    [TearDown]
    public async Task Close()
    {
        _tracker.Dispose();
        await _registry.DisposeAsync();
        await _database.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task Behind_a_version_stand_its_step_the_parameters_and_the_data_and_of_data_come_its_models()
    {
        var pipelines = new Pipelines(_database, [new Prepare(), new Fit(_registry)], _artifacts);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        PipelineRun prepared = await pipelines.StartAsync<Prepare, bool>(true);
        ArtifactRef data = await (await pipelines.WaitAsync(prepared.Id)).EnsureSucceeded().GetResultAsync<ArtifactRef>("clean");
        PipelineRun fit = await pipelines.StartAsync<Fit, string>(data.Sha256);
        (await pipelines.WaitAsync(fit.Id)).EnsureSucceeded();
        await _registry.SetAliasAsync("ridership", "champion", 1, Expected.None);

        ModelTrace trace = await _registry.TraceAsync("ridership@champion", _tracker, pipelines);

        Assert.That((trace.Version.Number, trace.PipelineRun?.Id, trace.PipelineStep), Is.EqualTo((1, fit.Id, "register")));
        Assert.That(trace.PipelineRun!.GetParameters<string>(), Is.EqualTo(data.Sha256));
        Assert.That(
            trace.Lineage!.Uses.Select(static use => (use.RunId, use.Step, use.Data.IsOutput, use.Data.Name)),
            Is.EquivalentTo(((long, string, bool, string)[])
            [
                (fit.Id, "register", true, "models:/ridership/1"), (fit.Id, "train", false, ""),
                (prepared.Id, "clean", true, ""), (prepared.Id, "clean", false, "s3://lake/rides"),
            ]));

        LineageTrace forward = await pipelines.TraceForwardAsync(Rides);
        Assert.That(forward.GetModels(), Is.EqualTo((ModelReference[])[ModelReference.ToVersion("ridership", 1)]));
    }

    [Test]
    public async Task Attempts_that_come_to_the_same_bytes_register_one_version()
    {
        var pipelines = new Pipelines(_database, [new Fit(_registry) { Attempts = 3 }], _artifacts);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        await using ArtifactUpload upload = await _artifacts.UploadAsync(new MemoryStream([7]));
        PipelineRun run = await pipelines.StartAsync<Fit, string>(upload.Artifact.Hash.ToString());
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();

        Assert.That((await run.GetStepsAsync()).Single(static step => step.Key == "register").Attempts, Is.EqualTo(3));
        Assert.That(await _registry.ListVersionsAsync("ridership"), Has.Count.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_step_without_room_for_another_output_registers_nothing(bool hasRoom)
    {
        var pipelines = new Pipelines(_database, [new Full(_registry, hasRoom ? 999 : 1_000)], _artifacts);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        PipelineRun run = await pipelines.StartAsync<Full, bool>(true);
        run = await pipelines.WaitAsync(run.Id);

        Assert.That(run.State, Is.EqualTo(hasRoom ? PipelineRunState.Succeeded : PipelineRunState.Failed));
        Assert.That(run.Error, hasRoom ? Is.Null : Does.Contain("nothing was registered"));
        Assert.That(await _registry.FindAsync("ridership/1"), hasRoom ? Is.Not.Null : Is.Null);
    }

    [Test]
    public async Task A_version_that_no_step_has_named_comes_from_the_step_that_stored_its_bytes()
    {
        var pipelines = new Pipelines(_database, [new Prepare()], _artifacts);
        await using var worker = new PipelineWorker(pipelines);
        worker.Start();
        PipelineRun run = await pipelines.StartAsync<Prepare, bool>(true);
        await pipelines.WaitAsync(run.Id);
        await _registry.RegisterAsync("bytes", new MemoryStream([1, 2, 3]), new() { Format = ModelFormat.Other });
        await _registry.RegisterAsync("others", new MemoryStream([9]), new() { Format = ModelFormat.Other });

        ModelTrace known = await _registry.TraceAsync("bytes/1", _tracker, pipelines);
        ModelTrace unknown = await _registry.TraceAsync("others/1", _tracker, pipelines);

        Assert.That((known.PipelineRun?.Id, known.PipelineStep), Is.EqualTo((run.Id, "clean")));
        Assert.That((unknown.PipelineRun, unknown.PipelineStep, unknown.Lineage), Is.EqualTo(((PipelineRun?)null, (string?)null, (LineageTrace?)null)));
    }

    private sealed class Prepare : IPipelineDefinition<bool>
    {
        public void Define(PipelineBuilder<bool> p) => p.Step("clean", static ctx =>
        {
            ctx.RecordInput("s3://lake/rides", Rides);
            return ctx.StoreArtifactAsync(new MemoryStream([1, 2, 3]));
        });
    }

    private sealed class Full(ModelRegistry registry, int outputs) : IPipelineDefinition<bool>
    {
        public void Define(PipelineBuilder<bool> p) => p.Step("register", async ctx =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                ctx.RecordInput($"in {i}", "1");
            }

            for (int i = 0; i < outputs; i++)
            {
                ctx.RecordOutput($"out {i}", "1");
            }

            return (await ctx.RegisterModelAsync(registry, "ridership", new MemoryStream([1]), new() { Format = ModelFormat.Other }, ctx.CancellationToken)).Number;
        });
    }

    private sealed class Fit(ModelRegistry registry) : IPipelineDefinition<string>
    {
        public int Attempts { get; init; } = 1;

        public void Define(PipelineBuilder<string> p)
        {
            Step<int> train = p.Step("train", static async ctx =>
            {
                await using Stream content = await ctx.OpenArtifactAsync(new ArtifactRef(ctx.Parameters, 3));
                return content.ReadByte();
            });
            p.Step("register", train, async (x, ctx) =>
            {
                ModelVersion version = await ctx.RegisterModelAsync(
                    registry, "ridership", new MemoryStream([(byte)x, 200]), new() { Format = ModelFormat.Other }, ctx.CancellationToken);
                return ctx.Attempt < Attempts ? throw new TimeoutException() : version.Number;
            }).WithRetry(RetryPolicy.Fixed(3, TimeSpan.Zero));
        }
    }
}

public sealed class SqliteModelLineageTests : ModelLineageSuite
{
    protected override Database Create(string folder) => new SqliteDatabase($"Data Source={Path.Combine(folder, "mlops.db")}");
}

public sealed class PostgreSqlModelLineageTests : ModelLineageSuite
{
    protected override Database Create(string folder) => new PostgreSqlDatabase(PostgreSqlServer.DatabaseOf(folder));
}
