using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Mlops.Serving.Tests;

public sealed class ModelFolderTests
{
    private string _root = "";

    [SetUp]
    public void CreateFolder() => _root = Directory.CreateTempSubdirectory("mlops-folder-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_root, recursive: true);

    [Test]
    public async Task The_newest_versions_are_loaded_and_the_highest_answers_unless_another_is_asked_for()
    {
        for (int number = 1; number <= 12; number++)
            Put("m", number, number);
        await using ModelServer server = await StartAsync();

        Assert.That(server.Get("m").Versions.Select(version => version.Number), Is.EquivalentTo(new[] { 9, 10, 11, 12 }));
        Assert.That(await Ask(server), Is.EqualTo((12f, 12L)));
        Assert.That(await Ask(server, version: 9), Is.EqualTo((9f, 9L)));
        Assert.That(async () => await Ask(server, version: 8), Throws.InstanceOf<ModelVersionNotFoundException>());
        Assert.That(server.Folder!.Entries.Select(entry => (entry.Name, entry.Version, entry.State, entry.Reason)), Is.EqualTo(
            Enumerable.Range(9, 4).Select(number => ("m", (long?)number, ModelState.Ready, ""))));
    }

    [Test]
    public async Task What_is_no_model_is_skipped_and_what_fails_is_listed_with_its_reason()
    {
        Put("good", 1, 1);
        Directory.CreateDirectory(Path.Combine(_root, "empty", "1"));
        Directory.CreateDirectory(Path.Combine(_root, ".hidden"));
        Directory.CreateDirectory(Path.Combine(_root, "not a name", "1"));
        File.WriteAllText(Path.Combine(_root, "readme.txt"), "");
        Directory.CreateDirectory(Path.Combine(_root, "bad", "007"));
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_root, "bad", "1")).FullName, "model.onnx"), "no number");
        await using ModelServer server = await StartAsync();

        Assert.That(server.Models.Select(model => model.Name), Is.EqualTo(new[] { "good" }));
        Assert.That(server.Folder!.Entries.Select(entry => (entry.Name, entry.Version, entry.State)), Is.EqualTo(new[] { ("bad", (long?)1, ModelState.Unavailable), ("good", 1, ModelState.Ready) }));
        Assert.That(server.Folder.Entries[0].Reason, Does.Contain("InvalidModel"));
    }

    [Test]
    public async Task Links_are_not_followed()
    {
        Put("good", 1, 1);
        Directory.CreateSymbolicLink(Path.Combine(_root, "linked"), Path.Combine(_root, "good"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "good", "2"), Path.Combine(_root, "good", "1"));
        Directory.CreateDirectory(Path.Combine(_root, "other", "1"));
        File.CreateSymbolicLink(Path.Combine(_root, "other", "1", "model.onnx"), Path.Combine(_root, "good", "1", "model.onnx"));
        await using ModelServer server = await StartAsync();

        Assert.That(server.Folder!.Entries.Select(entry => (entry.Name, entry.Version)), Is.EqualTo(new[] { ("good", (long?)1) }));
    }

    [Test]
    public async Task A_listed_file_that_became_a_link_is_refused()
    {
        Put("m", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        string file = Path.Combine(_root, "m", "1", "model.onnx"), outside = Path.Combine(_root, "outside");
        File.Move(file, outside);
        File.CreateSymbolicLink(file, outside);
        await using ModelServer server = await StartAsync();

        Assert.That(server.Models, Is.Empty);
        Assert.That(server.Folder!.Entries.Single().Reason, Does.Contain("UnsafeModel").And.Contain("link"));
    }

    [Test]
    public async Task Without_a_manifest_the_folder_is_read_once()
    {
        Put("m", 1, 1);
        await using ModelServer server = await StartAsync();
        Put("m", 2, 2);
        Put("n", 1, 5);
        await Task.Delay(100);   // many polls
        Assert.That(server.Get("m").Version!.Number, Is.EqualTo(1));

        await server.Folder!.LoadAsync("m");
        await server.Folder.LoadAsync("n");

        Assert.That((await Ask(server), await Ask(server, "n")), Is.EqualTo(((2f, 2L), (5f, 1L))));
    }

    [Test]
    public async Task With_a_manifest_only_what_it_lists_is_loaded_and_changes_of_it_are_followed()
    {
        Put("m", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        Put("m", 2, 2);
        await using ModelServer server = await StartAsync();
        Assert.That(server.Get("m").Versions.Select(version => version.Number), Is.EqualTo(new[] { 1 }));
        bool changed = false;
        using IDisposable watch = Microsoft.Extensions.Primitives.ChangeToken.OnChange(server.Get("m").WatchVersion, () => changed = true);

        await ModelFolderManifest.WriteAsync(_root);
        Assert.That(() => server.Get("m").Version!.Number, Is.EqualTo(2).After(10_000, 5));
        Assert.That(() => changed, Is.True.After(10_000, 5));
        Assert.That((await Ask(server), await Ask(server, version: 1)), Is.EqualTo(((2f, 2L), (1f, 1L))));

        Directory.Delete(Path.Combine(_root, "m", "2"), recursive: true);
        Put("n", 3, 3);
        await ModelFolderManifest.WriteAsync(_root);
        Assert.That(() => (server.Get("m").Version!.Number, server.Find("n")?.Version?.Number), Is.EqualTo((1L, 3L)).After(10_000, 5));

        Directory.Delete(Path.Combine(_root, "m"), recursive: true);
        await ModelFolderManifest.WriteAsync(_root);
        Assert.That(() => server.Models.Select(static model => model.Name), Is.EqualTo(new[] { "n" }).After(10_000, 5));
        Assert.That(server.Find("m"), Is.Null);
    }

    [Test]
    public async Task A_half_copied_file_leaves_the_old_version_and_is_taken_once_it_is_whole()
    {
        // The manifest of the whole file, made where no server looks yet.
        string manifest = Path.Combine(_root, ModelFolderManifest.FileName), file = Path.Combine(_root, "m", "1", "model.onnx");
        Put("m", 1, 1);
        File.WriteAllText(file, "0 20");
        await ModelFolderManifest.WriteAsync(_root);
        string whole = File.ReadAllText(manifest);
        Put("m", 1, 10);
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync();
        Assert.That((await Ask(server)).Value, Is.EqualTo(10f));

        File.WriteAllText(file, "0 2");
        File.WriteAllText(manifest, whole);

        Assert.That(() => server.Folder!.Entries.Single().Reason, Does.Contain("DigestMismatch").After(10_000, 5));
        Assert.That(server.Folder!.Entries.Single().State, Is.EqualTo(ModelState.Ready));
        Assert.That((await Ask(server)).Value, Is.EqualTo(10f));
        File.WriteAllText(file, "0 20");
        Assert.That(async () => (await Ask(server)).Value, Is.EqualTo(20f).After(10_000, 5));
        Assert.That(() => server.Folder!.Entries.Single().Reason, Is.Empty.After(10_000, 5));
    }

    [Test]
    public async Task A_newer_version_with_another_signature_is_refused_and_the_older_one_answers()
    {
        Put("m", 1, 1);
        Put("m", 2, 1, 2, 3);
        await using ModelServer server = await StartAsync();

        Assert.That(await Ask(server), Is.EqualTo((1f, 1L)));
        Assert.That(server.Folder!.Entries[1].Reason, Does.Contain("SignatureMismatch"));
    }

    [Test]
    public async Task An_unloaded_model_stays_away_until_it_is_loaded_again()
    {
        Put("m", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync();

        await server.Folder!.UnloadAsync("m");
        Assert.That(server.Find("m"), Is.Null);
        Assert.That(server.Folder.Entries.Single(), Is.EqualTo(new ModelFolderEntry("m", 1, ModelState.Unavailable, "unloaded")));
        Put("n", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        Assert.That(() => server.Find("n"), Is.Not.Null.After(10_000, 5));
        Assert.That(server.Find("m"), Is.Null);

        Assert.That((await server.Folder.LoadAsync("m")).Version!.Number, Is.EqualTo(1));
        Assert.That(await Ask(server), Is.EqualTo((1f, 1L)));
        await server.Folder.UnloadAsync("never there");
    }

    [TestCase("none")]
    [TestCase("..")]
    [TestCase("../outside")]
    [TestCase("a/b")]
    public async Task A_name_that_the_folder_does_not_have_cannot_be_loaded(string name)
    {
        Put("m", 1, 1);
        await using ModelServer server = await StartAsync();

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.Folder!.LoadAsync(name)))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.NothingToServe));
    }

    [TestCase("""{ "format": 1, "models": [ { "name": "..", "batching": true, "versions": [] } ] }""")]
    [TestCase("""{ "format": 1, "models": [ { "name": "m", "batching": true, "versions": [ { "number": 1, "files": [ { "path": "../x", "length": 1, "sha256": "0000000000000000000000000000000000000000000000000000000000000000" } ] } ] } ] }""")]
    [TestCase("""{ "format": 1, "models": [ { "name": "m", "batching": true, "versions": [ { "number": 0, "files": [] } ] } ] }""")]
    [TestCase("""{ "format": 2, "models": [] }""")]
    [TestCase("""{ "format": 1, "models": null }""")]
    [TestCase("""[]""")]
    [TestCase("half a manif")]
    public async Task A_broken_manifest_changes_nothing(string text)
    {
        Put("m", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync();
        File.WriteAllText(Path.Combine(_root, ModelFolderManifest.FileName), text);

        Assert.That(async () => await server.Folder!.LoadAsync("m"), Throws.InstanceOf<InvalidDataException>());
        await Task.Delay(50);
        Assert.That(await Ask(server), Is.EqualTo((1f, 1L)));
    }

    [Test]
    public async Task A_name_that_is_registered_in_code_stays_so()
    {
        Put("m", 1, 1);
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModelFolder(_root).AddModel("m", m => m.FromSource(MemorySource.Of(0, 9))));
        await server.StartAsync();

        Assert.That((await Ask(server)).Value, Is.EqualTo(9f));
        Assert.That(server.Folder!.Entries.Single().Reason, Does.Contain("does not come from the folder"));
        Assert.That(async () => await server.Folder.LoadAsync("m"), Throws.InstanceOf<ModelLoadException>().With.Message.Contains("does not come from the folder"));
    }

    [Test]
    public async Task What_Triton_was_told_of_versions_and_batches_is_kept()
    {
        for (int number = 1; number <= 4; number++)
            Put("m", number, number);
        File.WriteAllText(Path.Combine(_root, "m", "config.pbtxt"), """
            name: "m"
            # max_batch_size: 8
            max_batch_size: 0
            version_policy: { specific: { versions: [1, 3] } }
            """);
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync();

        Assert.That(server.Get("m").Versions.Select(version => version.Number), Is.EqualTo(new[] { 3, 1 }));
        Assert.That(server.Get("m").Version!.CannotBatch, Does.Contain("max_batch_size: 0"));
    }

    [TestCase("", true, "1 2 3")]
    [TestCase("max_batch_size: 8", true, "1 2 3")]
    [TestCase("max_batch_size : 00", false, "1 2 3")]
    [TestCase("version_policy { all { } }", true, "1 2 3")]
    [TestCase("version_policy: { latest: { num_versions: 2 } }", true, "2 3")]
    [TestCase("version_policy: { latest: { } }", true, "3")]
    [TestCase("version_policy: { latest { num_versions: 99999999999 } }", true, "1 2 3")]
    public void The_policy_of_versions_is_read(string text, bool isBatched, string chosen)
    {
        TritonConfig config = TritonConfig.Parse(text);

        Assert.That(config.IsBatched, Is.EqualTo(isBatched));
        Assert.That(string.Join(' ', config.Choose([1L, 2L, 3L], number => number)), Is.EqualTo(chosen));
    }

    [Test]
    public async Task A_host_serves_a_folder_with_options_from_configuration_and_reports_its_health()
    {
        Put("good", 1, 1);
        Put("strict", 1, float.NaN);
        Put("lax", 1, float.NaN);
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Mlops:Serving:lax:RequireFinite"] = "false" });
        builder.Services.AddMlopsServing().AddModelFolder(_root);
        builder.Services.AddSingleton<IModelRuntime>(new LinearRuntime()).AddHealthChecks();
        using IHost host = builder.Build();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Entries["mlops.serving.folder"].Status, Is.EqualTo(HealthStatus.Unhealthy));
        await host.StartAsync();

        Assert.That(host.Services.GetRequiredService<ModelServer>().Models.Select(model => model.Name), Is.EqualTo(new[] { "good", "lax" }));
        Assert.That(host.Services.GetRequiredService<ModelFolder>().Entries, Has.Count.EqualTo(3));
        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["mlops.serving.folder"];
        Assert.That((entry.Status, entry.Description), Is.EqualTo((HealthStatus.Degraded, "No version serves of: strict.")));
        await host.StopAsync();
    }

    [Test]
    public async Task Sessions_of_versions_that_left_are_freed()
    {
        var runtime = new LinearRuntime();
        Put("m", 1, 1);
        await ModelFolderManifest.WriteAsync(_root);
        await using (ModelServer server = await StartAsync(runtime, maximumVersions: 2))
        {
            for (int number = 2; number <= 10; number++)
            {
                Put("m", number, number);
                await ModelFolderManifest.WriteAsync(_root);
                await server.Folder!.LoadAsync("m");
                Assert.That((await Ask(server)).Value, Is.EqualTo((float)number));
            }

            Assert.That(() => runtime.LiveSessions, Is.EqualTo(2).After(5000, 5));
            await server.Folder!.UnloadAsync("m");
            Assert.That(() => runtime.LiveSessions, Is.Zero.After(5000, 5));
        }
    }

    [Test]
    public void Options_out_of_range_are_refused_at_once()
    {
        Assert.That(() => new ModelServerOptions().AddModelFolder(""), Throws.ArgumentException);
        Assert.That(() => new ModelServerOptions().AddModelFolder("x", o => o.MaximumVersions = 0), Throws.ArgumentException.With.Message.Contains("MaximumVersions is 0"));
        Assert.That(() => new ModelServerOptions().AddModelFolder("x", o => o.PollInterval = TimeSpan.Zero), Throws.ArgumentException.With.Message.Contains("PollInterval"));
        Assert.That(() => new ModelServerOptions().AddModelFolder("x").AddModelFolder("y"), Throws.ArgumentException.With.Message.Contains("'x'"));
        Assert.That(() => ModelServer.Create(new ModelServerOptions().AddModelFolder("x")), Throws.InvalidOperationException.With.Message.Contains("UseOnnxRuntime"));
    }

    private async Task<ModelServer> StartAsync(LinearRuntime? runtime = null, int maximumVersions = 4)
    {
        var server = ModelServer.Create(new ModelServerOptions { Runtime = runtime ?? new LinearRuntime() }.AddModelFolder(_root, folder =>
        {
            folder.PollInterval = TimeSpan.FromMilliseconds(10);
            folder.MaximumVersions = maximumVersions;
        }));
        await server.StartAsync();
        TestContext.Out.WriteLine(string.Join("; ", server.Folder!.Entries));
        return server;
    }

    private static async Task<(float Value, long Version)> Ask(ModelServer server, string model = "m", long? version = null)
    {
        int width = (int)server.Get(model).Signature!.Inputs[0].Shape[1];
        using TensorResponse response = await server.Get(model).InferAsync(
            new TensorRequest().AddInput("features", [1, width], new float[width]), new PredictionOptions { Version = version });
        return (response["prediction"].Get<float>()[0], response.Version.Number);
    }

    /// <summary>A model that answers with its last number.</summary>
    private void Put(string model, int version, params float[] numbers)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, model, $"{version}")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), LinearRuntime.File([0, .. numbers]));
    }
}
