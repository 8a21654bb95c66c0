using Mlops.Registry;

namespace Mlops.Mlflow.Tests.Versions;

public abstract class VersionSuite : MlflowSuite
{
    private const string Proxy = "/api/2.0/mlflow-artifacts/artifacts";

    [Test]
    public async Task A_version_is_created_and_read()
    {
        string name = await CreateAsync(), run = await CreateRunAsync();

        Answer created = await Server.PostAsync("model-versions/create", new { name, source = "s3://bucket/model", run_id = run, description = "what", tags = new[] { new { key = "k", value = "v" } } });

        Assert.That(created.Text("model_version.name"), Is.EqualTo(name));
        Assert.That(created.Text("model_version.version"), Is.EqualTo("1"));
        Assert.That(created.Text("model_version.current_stage"), Is.EqualTo("None"));
        Assert.That(created.Text("model_version.source"), Is.EqualTo("s3://bucket/model"));
        Assert.That(created.Text("model_version.run_id"), Is.EqualTo(run));
        Assert.That(created.Text("model_version.status"), Is.EqualTo("READY"));
        Assert.That(created.Text("model_version.description"), Is.EqualTo("what"));
        Assert.That(created.Text("model_version.tags.0.value"), Is.EqualTo("v"));
        Assert.That((await Server.GetAsync($"model-versions/get?name={name}&version=1")).Body, Is.EqualTo(created.Body));
        Answer bare = await Server.PostAsync("model-versions/create", new { name, source = "s3://bucket/model" });
        Assert.That(bare.Text("model_version.description") + bare.Text("model_version.run_id"), Is.Empty);
        AssertRefused(await Server.PostAsync("model-versions/create", new { name = "nobody", source = "s3://bucket/model" }), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.PostAsync("model-versions/create", new { name }), 400, "INVALID_PARAMETER_VALUE", "'source'");
        AssertRefused(await Server.GetAsync($"model-versions/get?name={name}&version=9"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.GetAsync($"model-versions/get?name={name}&version=0"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.GetAsync($"model-versions/get?name={name}&version=one"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"model-versions/get?name=nobody&version=1"), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task A_version_of_a_run_keeps_its_files_whatever_becomes_of_the_run([Values("runs:/{1}/model", "runs:/{1}/model/", "mlflow-artifacts:/{0}/{1}/artifacts/model", "runs:/{1}/%6dodel")] string form)
    {
        string name = await CreateAsync(), experiment = await CreateExperimentAsync(), run = await CreateRunAsync(experiment);
        await Server.PutAsync($"{Proxy}/{experiment}/{run}/artifacts/model/data/w.bin", [1, 2, 3]);
        await Server.PutAsync($"{Proxy}/{experiment}/{run}/artifacts/model/MLmodel", [4]);
        await Server.PutAsync($"{Proxy}/{experiment}/{run}/artifacts/other", [5]);
        string source = string.Format(System.Globalization.CultureInfo.InvariantCulture, form, experiment, run);

        Answer created = await Server.PostAsync("model-versions/create", new { name, source, run_id = run });
        await Server.PutAsync($"{Proxy}/{experiment}/{run}/artifacts/model/data/w.bin", [9]);

        ModelVersion version = await Registry.GetAsync($"{name}/1");
        Assert.That(created.Text("model_version.source"), Is.EqualTo(source));
        Assert.That(version.Format, Is.EqualTo(ModelFormat.Folder));
        Assert.That((await Registry.ReadFilesAsync(version)).Select(static file => file.Name), Is.EquivalentTo(new[] { "MLmodel", "data/w.bin" }));

        Answer where = await Server.GetAsync($"model-versions/get-download-uri?name={name}&version=1");
        Assert.That(where.Text("artifact_uri"), Is.EqualTo($"mlflow-artifacts:/models/{name}/1"));
        Assert.That((await Server.GetAsync($"{Proxy}?path=models/{name}/1"))["files"].ToString(), Is.EqualTo("""[{"path":"MLmodel","is_dir":false,"file_size":1},{"path":"data","is_dir":true}]"""));
        foreach (string path in (string[])[$"{Proxy}/models/{name}/1/data/w.bin", $"/model-versions/get-artifact?name={name}&version=1&path=data/w.bin"])
        {
            HttpResponseMessage file = await Server.Http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.That(await file.Content.ReadAsByteArrayAsync(), Is.EqualTo(new byte[] { 1, 2, 3 }));
            Assert.That(file.Content.Headers.ContentDisposition!.DispositionType, Is.EqualTo("attachment"));
        }

        AssertRefused(await Server.PutAsync($"{Proxy}/models/{name}/1/x", [1]), 403, "PERMISSION_DENIED");
        AssertRefused(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/models/{name}/1/MLmodel")), 403, "PERMISSION_DENIED");
        AssertRefused(await Server.GetAsync($"/model-versions/get-artifact?name={name}&version=1&path=none"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.GetAsync($"/model-versions/get-artifact?name={name}&version=1&path=../1"), 400, "INVALID_PARAMETER_VALUE");

        // A version made of a version has the same files.
        Answer copy = await Server.PostAsync("model-versions/create", new { name, source = $"models:/{name}/1" });
        Assert.That((await Registry.ReadFilesAsync(await Registry.GetAsync($"{name}/{copy.Text("model_version.version")}"))).Select(static file => file.Hash),
            Is.EquivalentTo((await Registry.ReadFilesAsync(version)).Select(static file => file.Hash)));
    }

    [Test]
    public async Task A_version_registered_in_the_process_is_downloaded_like_any_other()
    {
        string name = Fresh("m");
        await Registry.RegisterAsync(name, new MemoryStream([1, 2]), new RegisterOptions { Format = ModelFormat.Other });

        Answer listed = await Server.GetAsync($"{Proxy}?path=models/{name}/1");
        Answer version = await Server.GetAsync($"model-versions/get?name={name}&version=1");

        Assert.That(listed["files"].ToString(), Is.EqualTo("""[{"path":"model.bin","is_dir":false,"file_size":2}]"""));
        Assert.That(version.Text("model_version.source"), Is.EqualTo($"mlflow-artifacts:/models/{name}/1"));
        Assert.That((await Server.GetAsync($"{Proxy}/models/{name}/1/model.bin")).Status, Is.EqualTo(200));
    }

    [TestCase("s3://bucket/model")]
    [TestCase("https://example.com/model?x=1")]
    [TestCase("dbfs:/model")]
    [TestCase("mlflow-artifacts://host/1/a/artifacts/model")]
    public async Task An_address_elsewhere_is_kept_as_text(string source)
    {
        string name = await CreateAsync();

        await Server.PostAsync("model-versions/create", new { name, source });

        Assert.That((await Registry.GetAsync($"{name}/1")).Format, Is.EqualTo(ModelFormat.Reference));
        Assert.That((await Server.GetAsync($"model-versions/get-download-uri?name={name}&version=1")).Text("artifact_uri"), Is.EqualTo(source));
        AssertRefused(await Server.GetAsync($"/model-versions/get-artifact?name={name}&version=1&path=x"), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task A_version_that_refers_to_a_run_says_where_its_files_will_be()
    {
        string name = await CreateAsync(), experiment = await CreateExperimentAsync(), run = await CreateRunAsync(experiment);
        string address = $"mlflow-artifacts:/{experiment}/{run}/artifacts";

        Answer created = await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{run}/model" });
        await Server.PostAsync("model-versions/create", new { name, source = $"models:/{name}/1" });
        await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{run}" });
        await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{new string('a', 32)}/model" });

        async Task<string> UriAsync(int version) => (await Server.GetAsync($"model-versions/get-download-uri?name={name}&version={version}")).Text("artifact_uri");
        Assert.That(created.Text("model_version.source"), Is.EqualTo($"runs:/{run}/model"));
        Assert.That(await UriAsync(1), Is.EqualTo($"{address}/model"));
        Assert.That(await UriAsync(2), Is.EqualTo($"{address}/model"));
        Assert.That(await UriAsync(3), Is.EqualTo(address));
        Assert.That(await UriAsync(4), Is.EqualTo($"runs:/{new string('a', 32)}/model"));

        AssertDone(await Server.PutAsync($"{Proxy}/{experiment}/{run}/artifacts/model/MLmodel", [1]));
        Assert.That((await Server.GetAsync($"{Proxy}/{(await UriAsync(1))["mlflow-artifacts:/".Length..]}/MLmodel")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task The_link_to_a_run_is_kept()
    {
        string name = await CreateAsync();

        Answer linked = await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m", run_link = "https://host/#/runs/1", tags = new[] { new { key = "k", value = "v" } } });
        Answer bare = await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" });

        Assert.That(linked.Text("model_version.run_link"), Is.EqualTo("https://host/#/runs/1"));
        Assert.That(linked["model_version.tags"].ToString(), Is.EqualTo("""[{"key":"k","value":"v"}]"""));
        Assert.That((await Server.GetAsync($"model-versions/get?name={name}&version=1")).Body, Is.EqualTo(linked.Body));
        Assert.That(bare.Has("model_version.run_link"), Is.False);
        Assert.That((await Registry.GetAsync($"{name}/1")).Tags["mlflow.runLink"], Is.EqualTo("https://host/#/runs/1"));
        AssertRefused(await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m", run_link = new string('x', 8_001) }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task A_model_that_is_created_again_goes_on_counting()
    {
        string name = await CreateAsync();
        await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" });
        await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" });
        await Server.DeleteAsync("registered-models/delete", new { name });

        Answer again = await Server.PostAsync("registered-models/create", new { name });

        Assert.That(again.Has("registered_model.latest_versions"), Is.False);
        AssertRefused(await Server.GetAsync($"model-versions/get?name={name}&version=1"), 404, "RESOURCE_DOES_NOT_EXIST");
        Assert.That((await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" })).Text("model_version.version"), Is.EqualTo("3"));
    }

    [Test]
    public async Task Nobody_connects_to_where_a_version_is_said_to_come_from()
    {
        string name = await CreateAsync();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        string source = $"http://{listener.LocalEndpoint}/model";

        AssertDone(await Server.PostAsync("model-versions/create", new { name, source }));
        Assert.That((await Server.GetAsync($"model-versions/get-download-uri?name={name}&version=1")).Text("artifact_uri"), Is.EqualTo(source));
        AssertRefused(await Server.GetAsync($"/model-versions/get-artifact?name={name}&version=1&path=x"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertDone(await Server.GetAsync($"{Proxy}?path=models/{name}/1"));

        Assert.That(listener.Pending(), Is.False);
    }

    [Test]
    public async Task Files_that_cannot_be_one_folder_are_no_version()
    {
        string name = await CreateAsync(), experiment = await CreateExperimentAsync(), run = await CreateRunAsync(experiment);
        await Tracker.LogArtifactAsync(run, "model", new MemoryStream([1]));
        await Tracker.LogArtifactAsync(run, "model/MLmodel", new MemoryStream([1]));

        AssertRefused(await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{run}" }), 400, "INVALID_PARAMETER_VALUE", "folder");
    }

    [TestCase("mlflow-artifacts:/models/")]
    [TestCase("mlflow-artifacts:/models///")]
    [TestCase("mlflow-artifacts:/models/foo///bar")]
    [TestCase("mlflow-artifacts://host:9000/models")]
    [TestCase("mlflow-artifacts://host:9000/models/artifact/..../")]
    public async Task An_address_that_is_only_odd_is_taken(string source)
    {
        string name = await CreateAsync();

        Assert.That((await Server.PostAsync("model-versions/create", new { name, source })).Text("model_version.source"), Is.EqualTo(source));
    }

    [TestCase("mlflow-artifacts://host:9000/models/../../../")]
    [TestCase("mlflow-artifacts://host:9000/models/..%2f..%2fartifacts")]
    [TestCase("mlflow-artifacts://host:9000/models/artifact%00")]
    [TestCase("s3a://my_bucket/api/2.0/mlflow-artifacts/artifacts/../../../")]
    [TestCase("ftp://host:8888/api/2.0/mlflow-artifacts/artifacts/../../../")]
    public async Task An_address_with_steps_is_refused_in_the_words_that_clients_look_for(string source)
    {
        string name = await CreateAsync();

        AssertRefused(await Server.PostAsync("model-versions/create", new { name, source }), 400, "INVALID_PARAMETER_VALUE", "If supplying a source as an http, https,");
    }

    [Test]
    public async Task A_run_without_files_there_is_a_reference_too()
    {
        string name = await CreateAsync(), run = await CreateRunAsync();

        AssertDone(await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{run}/model" }));
        AssertDone(await Server.PostAsync("model-versions/create", new { name, source = $"runs:/{new string('a', 32)}/model" }));
        AssertDone(await Server.PostAsync("model-versions/create", new { name, source = "mlflow-artifacts:/models" }));

        Assert.That((await Registry.GetAsync($"{name}/1")).Format, Is.EqualTo(ModelFormat.Reference));
        Assert.That((await Registry.GetAsync($"{name}/2")).Format, Is.EqualTo(ModelFormat.Reference));
        Assert.That((await Registry.GetAsync($"{name}/3")).Source, Is.EqualTo("mlflow-artifacts:/models"));
    }

    [TestCase("/etc/passwd")]
    [TestCase("./model")]
    [TestCase("model")]
    [TestCase("file:///etc/passwd")]
    [TestCase("FILE:///etc/passwd")]
    [TestCase("file:etc")]
    [TestCase("%66ile:///etc/passwd")]
    [TestCase("//proc/self/root")]
    [TestCase("C:\\models")]
    [TestCase("\\\\host\\share")]
    [TestCase("s3://bucket/../other")]
    [TestCase("s3://bucket/%2e%2e/other")]
    [TestCase("s3://bucket/%252e%252e/other")]
    [TestCase("s3://bucket/a#../b")]
    [TestCase("https://host/a?b=/../c")]
    [TestCase("https://host/a\\..\\b")]
    [TestCase("s3://bucket/a%00b")]
    [TestCase("https://user:password@host/model")]
    [TestCase("runs:/x/../../y")]
    [TestCase("runs:/a b/model")]
    [TestCase("mlflow-artifacts:/1/../../etc")]
    [TestCase("mlflow-artifacts:/%2e%2e/x")]
    [TestCase("models:/nothing")]
    public async Task A_source_that_could_lead_elsewhere_is_refused(string source)
    {
        string name = await CreateAsync();

        AssertRefused(await Server.PostAsync("model-versions/create", new { name, source, run_id = await CreateRunAsync() }), 400, "INVALID_PARAMETER_VALUE");
        Assert.That(await Registry.ListVersionsAsync(name), Is.Empty);
    }

    [Test]
    public async Task A_version_is_described_tagged_and_deleted()
    {
        string name = await CreateAsync();
        await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" });
        await Server.PostAsync("registered-models/alias", new { name, alias = "champion", version = "1" });

        Assert.That((await Server.PatchAsync("model-versions/update", new { name, version = "1", description = "new" })).Text("model_version.description"), Is.EqualTo("new"));
        AssertDone(await Server.PostAsync("model-versions/set-tag", new { name, version = "1", key = "k", value = "v" }));
        Assert.That((await Server.GetAsync($"model-versions/get?name={name}&version=1")).Text("model_version.tags.0.value"), Is.EqualTo("v"));
        for (int i = 0; i < 2; i++)
        {
            AssertDone(await Server.DeleteAsync("model-versions/delete-tag", new { name, version = 1, key = "k" }));
        }

        AssertDone(await Server.DeleteAsync("model-versions/delete", new { name, version = "1" }));
        AssertRefused(await Server.GetAsync($"model-versions/get?name={name}&version=1"), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.DeleteAsync("model-versions/delete", new { name, version = "1" }), 404, "RESOURCE_DOES_NOT_EXIST");
        Assert.That((await Server.GetAsync($"registered-models/get?name={name}")).Has("registered_model.aliases"), Is.False);
        Assert.That((await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" })).Text("model_version.version"), Is.EqualTo("2"));
    }

    [Test]
    public async Task A_stage_is_taken_from_others_when_asked_to()
    {
        string name = await CreateAsync();
        for (int i = 0; i < 3; i++)
        {
            await Server.PostAsync("model-versions/create", new { name, source = "s3://b/m" });
        }

        Task<Answer> MoveAsync(string version, string stage, bool? archive) => Server.PostAsync("model-versions/transition-stage", new { name, version, stage, archive_existing_versions = archive });
        await MoveAsync("1", "production", false);
        Assert.That((await MoveAsync("2", "Production", true)).Text("model_version.current_stage"), Is.EqualTo("Production"));
        Assert.That((await Server.GetAsync($"model-versions/get?name={name}&version=1")).Text("model_version.current_stage"), Is.EqualTo("Archived"));
        AssertRefused(await MoveAsync("3", "Foo", false), 400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Foo. Value must be one of None, Staging, Production, Archived.");
        AssertRefused(await MoveAsync("3", "Archived", true), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await MoveAsync("3", "Staging", null), 400, "INVALID_PARAMETER_VALUE", "'archive_existing_versions'");
        AssertRefused(await MoveAsync("9", "Staging", false), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task Versions_are_filtered_ordered_and_paged()
    {
        string name = await CreateAsync(), run = await CreateRunAsync();
        for (int i = 1; i <= 3; i++)
        {
            await Server.PostAsync("model-versions/create", new { name, source = $"s3://b/{i}", run_id = i == 2 ? run : null, tags = new[] { new { key = "n", value = $"{i}" } } });
        }

        async Task<string> FoundAsync(string filter, string rest = "")
        {
            Answer answer = await Server.GetAsync($"model-versions/search?filter={Uri.EscapeDataString(filter)}{rest}");
            Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
            return answer.Has("model_versions") ? string.Join(' ', answer["model_versions"].EnumerateArray().Select(static v => v.GetProperty("version").GetString())) : "";
        }

        Assert.That(await FoundAsync($"name = '{name}'"), Is.EqualTo("3 2 1"));
        Assert.That(await FoundAsync($"name = '{name}'", "&order_by=version_number%20ASC"), Is.EqualTo("1 2 3"));
        Assert.That(await FoundAsync($"name = '{name}' AND version_number >= 2"), Is.EqualTo("3 2"));
        Assert.That(await FoundAsync($"run_id = '{run}'"), Is.EqualTo("2"));
        Assert.That(await FoundAsync($"run_id IN ('{run}', 'b') AND name = '{name}'"), Is.EqualTo("2"));
        Assert.That(await FoundAsync($"source_path LIKE 's3://b/%' AND name = '{name}' AND tags.n != '3'"), Is.EqualTo("2 1"));
        Answer page = await Server.GetAsync($"model-versions/search?filter={Uri.EscapeDataString($"name = '{name}'")}&max_results=2");
        Assert.That(await FoundAsync($"name = '{name}'", $"&max_results=2&page_token={page.Text("next_page_token")}"), Is.EqualTo("1"));
        AssertRefused(await Server.GetAsync("model-versions/search?max_results=200001"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync("model-versions/search?filter=colour%20%3D%201"), 400, "INVALID_PARAMETER_VALUE");
    }

    private async Task<string> CreateAsync()
    {
        string name = Fresh("m");
        AssertDone(await Server.PostAsync("registered-models/create", new { name }));
        return name;
    }
}
