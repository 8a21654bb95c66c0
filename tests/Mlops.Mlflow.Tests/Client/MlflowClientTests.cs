using System.Net;
using System.Text;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Client;

/// <summary>The client against our own server, whose database is another than the one that is copied from.</summary>
[TestFixture]
public sealed class MlflowClientTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123);

    private string _folder = "";
    private MlflowServer _server = null!;
    private SqliteDatabase _database = null!;
    private Tracker _tracker = null!;
    private MlflowClient _client = null!;

    [SetUp]
    public async Task Open()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        _server = await MlflowServer.StartAsync(storage => storage.UseSqlite($"Data Source={Path.Combine(_folder, "server.db")}"));
        _database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "local.db")}");
        _tracker = new Tracker(_database, new ArtifactCatalog(_database, new FileArtifactStore(Path.Combine(_folder, "local"))));
        _client = new MlflowClient(_server.Http);
    }

    [TearDown]
    public async Task Close()
    {
        _tracker.Dispose();
        await _database.DisposeAsync();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task A_run_is_logged_with_more_than_one_request_holds()
    {
        string experiment = await _client.GetOrCreateExperimentAsync("it's new");
        string run = await _client.CreateRunAsync(experiment, "first", Start);

        await _client.LogAsync(run, new RunLog
        {
            Metrics = [.. Enumerable.Range(0, 2_500).Select(static i => new Metric("m", i == 7 ? double.NaN : i, i, Start))],
            Parameters = Enumerable.Range(0, 250).ToDictionary(static i => $"p{i}", static i => new string('é', 6_000)),
            Tags = Enumerable.Range(0, 150).ToDictionary(static i => $"t{i}", static i => $"{i}"),
        });
        await _client.EndRunAsync(run, RunStatus.Failed, Start.AddSeconds(1));

        MlflowRun read = await _client.GetRunAsync(run);
        Assert.That(await _client.GetOrCreateExperimentAsync("it's new"), Is.EqualTo(experiment));
        Assert.That(await _client.GetExperimentNameAsync(experiment), Is.EqualTo("it's new"));
        Assert.That((read.Name, read.Status, read.StartTime, read.EndTime), Is.EqualTo(("first", RunStatus.Failed, Start, (DateTimeOffset?)Start.AddSeconds(1))));
        Assert.That(read.Parameters, Has.Count.EqualTo(250));
        Assert.That(read.Tags, Has.Count.EqualTo(151));
        Assert.That(read.Metrics, Is.EqualTo(new[] { "m" }));
        Assert.That((await _client.GetMetricHistoryAsync(run, "m")).OrderBy(static point => point.Step).Select(static point => point.Value), Is.EqualTo(Enumerable.Range(0, 2_500).Select(static i => i == 7 ? double.NaN : i)));
        Assert.That(await _client.FindRunAsync(experiment, "t3", "3"), Is.EqualTo(run));
        Assert.That(await _client.FindRunAsync(experiment, "t3", "4"), Is.Null);
    }

    [Test]
    public async Task A_refusal_says_what_the_server_said()
    {
        MlflowException? refused = await Assert.ThrowsAsync<MlflowException>(async () => await _client.GetRunAsync(new string('a', 32)));

        Assert.That(refused!.ErrorCode, Is.EqualTo("RESOURCE_DOES_NOT_EXIST"));
        Assert.That((int)refused.Status, Is.EqualTo(404));
        Assert.That(refused.IsTransient, Is.False);
        Assert.That(() => new MlflowClient(new HttpClient()), Throws.ArgumentException);
    }

    [Test]
    public async Task Artifacts_go_through_the_server()
    {
        string run = await _client.CreateRunAsync(await _client.GetOrCreateExperimentAsync("a"), "r", Start);
        MlflowRun read = await _client.GetRunAsync(run);
        using var content = new MemoryStream([1, 2, 3]);

        await _client.UploadArtifactAsync(read, "deep/er/file.bin", content);
        await _client.UploadArtifactAsync(read, "top.txt", new MemoryStream([4]));

        Assert.That(content.CanRead);
        Assert.That(await _client.ListArtifactsAsync(run), Is.EquivalentTo(new[] { "deep/er/file.bin", "top.txt" }));
        await using Stream opened = await _client.OpenArtifactAsync(read, "deep/er/file.bin");
        var copy = new MemoryStream();
        await opened.CopyToAsync(copy);
        Assert.That(copy.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(async () => await _client.OpenArtifactAsync(read, "none"), Throws.TypeOf<MlflowException>());
        Assert.That(async () => await _client.UploadArtifactAsync(read with { ArtifactUri = "s3://b/x" }, "none", content), Throws.TypeOf<NotSupportedException>());
        await using Stream elsewhere = await _client.OpenArtifactAsync(read with { ArtifactUri = "s3://b/x" }, "top.txt");
        Assert.That(elsewhere.ReadByte(), Is.EqualTo(4), "the server reads for its clients what is not behind its proxy");
    }

    [Test]
    public async Task A_child_that_was_imported_before_its_parent_names_it_afterwards()
    {
        string experiment = await _client.GetOrCreateExperimentAsync("rides");
        string parent = await _client.CreateRunAsync(experiment, "parent", Start);
        string child = await _client.CreateRunAsync(experiment, "child", Start, new Dictionary<string, string> { [RunTags.ParentRunId] = parent });

        MlflowRunCopy early = await MlflowRunImport.CopyAsync(_client, child, _tracker);
        MlflowRunCopy parentCopy = await MlflowRunImport.CopyAsync(_client, parent, _tracker);
        MlflowRunCopy late = await MlflowRunImport.CopyAsync(_client, child, _tracker);

        Assert.That((early.Run.ParentId, early.Run.Tags[RunTags.ParentRunId]), Is.EqualTo(((string?)null, parent)));
        Assert.That((late.Run.Id, late.Run.Tags[RunTags.ParentRunId]), Is.EqualTo((early.Run.Id, parentCopy.Run.Id)));
    }

    [TestCase("artifacts/list", false)]
    [TestCase("get-artifact", true)]
    public async Task An_import_ends_as_its_run_did_when_the_server_cannot_read_artifacts(string refused, bool isListed)
    {
        const string Run = """{"run":{"info":{"run_id":"0123456789abcdef0123456789abcdef","run_name":"n","experiment_id":"7","status":"FAILED","start_time":1700000000123,"end_time":1700000005123,"artifact_uri":"s3://bucket/7/r","lifecycle_stage":"active"}}}""";
        using var server = new ScriptedServer();
        server.Answer = path => path.EndsWith(refused, StringComparison.Ordinal) ? ScriptedServer.Refusal(HttpStatusCode.InternalServerError, "INTERNAL_ERROR", "No credentials.")
            : path == "runs/get" ? new HttpResponseMessage { Content = new StringContent(Run) }
            : path == "artifacts/list" ? new HttpResponseMessage { Content = new StringContent("""{"files":[{"path":"a.txt","is_dir":false,"file_size":1}]}""") }
            : null;
        using var http = new HttpClient(server) { BaseAddress = new Uri("http://mlflow.test/") };

        MlflowRunCopy copy = await MlflowRunImport.CopyAsync(new MlflowClient(http), ScriptedServer.RunId, _tracker);

        Assert.That((copy.Run.Status, copy.Run.StartTime, copy.Run.EndTime), Is.EqualTo((RunStatus.Failed, Start, (DateTimeOffset?)Start.AddSeconds(5))));
        Assert.That((await _tracker.GetRunAsync(copy.Run.Id)).Status, Is.EqualTo(RunStatus.Failed));
        Assert.That(copy.ArtifactsWereListed, Is.EqualTo(isListed));
        Assert.That(copy.SkippedArtifacts, Is.EqualTo(isListed ? ["a.txt"] : Array.Empty<string>()));
    }

    [Test]
    public async Task A_run_is_exported_and_imported_once_however_often_it_is_copied()
    {
        RunRecord parent = await _tracker.CreateRunAsync("rides", new() { Name = "parent", StartTime = Start });
        RunRecord run = await _tracker.CreateRunAsync("rides", new() { Name = "child", ParentId = parent.Id, StartTime = Start, Tags = new Dictionary<string, string> { ["team"] = "a" } });
        await _tracker.LogAsync(run.Id, new RunLog
        {
            Metrics = [new("mae", 1, 1, Start), new("mae", double.PositiveInfinity, 2, Start), new("mae", 0.5, 3, Start)],
            Parameters = new Dictionary<string, string> { ["lr"] = "0.1" },
            Datasets = [new DatasetInput("d", "1") { Context = "train" }],
        });
        await _tracker.LogArtifactAsync(run.Id, "notes/a.txt", new MemoryStream("text"u8.ToArray()));
        await _tracker.UpdateRunAsync(run.Id, new RunUpdate { Status = RunStatus.Finished, EndTime = Start.AddSeconds(5) });

        await MlflowRunExport.CopyAsync(_tracker, parent.Id, _client);
        string copy = await MlflowRunExport.CopyAsync(_tracker, run.Id, _client);
        string again = await MlflowRunExport.CopyAsync(_tracker, run.Id, _client);

        MlflowRun read = await _client.GetRunAsync(copy);
        Assert.That(again, Is.EqualTo(copy));
        Assert.That((read.Name, read.Status, read.StartTime, read.EndTime), Is.EqualTo(("child", RunStatus.Finished, Start, (DateTimeOffset?)Start.AddSeconds(5))));
        Assert.That(read.Tags["team"], Is.EqualTo("a"));
        Assert.That((await _client.GetRunAsync(read.Tags[RunTags.ParentRunId])).Name, Is.EqualTo("parent"));
        Assert.That(await _client.ListArtifactsAsync(copy), Is.EqualTo(new[] { "notes/a.txt" }));
        Assert.That(await _client.GetMetricHistoryAsync(copy, "mae"), Is.EqualTo(await _tracker.GetMetricHistoryAsync(run.Id, "mae")));

        // And back with its parent, under the name of its experiment, into the database it came from.
        MlflowRunCopy parentBack = await MlflowRunImport.CopyAsync(_client, read.Tags[RunTags.ParentRunId], _tracker);
        MlflowRunCopy back = await MlflowRunImport.CopyAsync(_client, copy, _tracker);
        MlflowRunCopy second = await MlflowRunImport.CopyAsync(_client, copy, _tracker);

        Assert.That(second.Run.Id, Is.EqualTo(back.Run.Id).And.Not.EqualTo(run.Id));
        Assert.That(back.SkippedArtifacts, Is.Empty);
        Assert.That(back.ArtifactsWereListed);
        Assert.That((back.Run.ParentId, back.Run.Tags[RunTags.ParentRunId]), Is.EqualTo((parentBack.Run.Id, parentBack.Run.Id)));
        Assert.That(await _tracker.ListDatasetsAsync(back.Run.Id), Is.EqualTo(new[] { new DatasetInput("d", "1") { Context = "train" } }));
        Assert.That((back.Run.Name, back.Run.Experiment, back.Run.Status, back.Run.StartTime, back.Run.EndTime), Is.EqualTo(("child", "rides", RunStatus.Finished, Start, (DateTimeOffset?)Start.AddSeconds(5))));
        Assert.That(back.Run.Parameters["lr"], Is.EqualTo("0.1"));
        Assert.That(back.Run.Tags[MlflowRunExport.SourceTag], Is.EqualTo(copy));
        Assert.That(await _tracker.GetMetricHistoryAsync(back.Run.Id, "mae"), Is.EqualTo(await _tracker.GetMetricHistoryAsync(run.Id, "mae")));
        await using Stream artifact = await _tracker.OpenArtifactAsync(back.Run.Id, "notes/a.txt");
        using var reader = new StreamReader(artifact, Encoding.UTF8);
        Assert.That(await reader.ReadToEndAsync(), Is.EqualTo("text"));
    }
}
