using System.Text;

namespace Mlops.Mlflow.Tests.Artifacts;

public abstract class ArtifactSuite : MlflowSuite
{
    private const string Proxy = "/api/2.0/mlflow-artifacts/artifacts";

    [Test]
    public async Task A_file_goes_through_the_proxy_and_comes_back_as_an_attachment()
    {
        (string run, string root) = await CreateAsync();

        Answer put = await Server.PutAsync($"{Proxy}/{root}/model/weights.bin", [1, 2, 3]);
        Assert.That(put.Body, Is.EqualTo("{}"));

        HttpResponseMessage get = await Server.Http.GetAsync(new Uri($"{Proxy}/{root}/model/weights.bin", UriKind.Relative));
        Assert.That(await get.Content.ReadAsByteArrayAsync(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        AssertHarmless(get, "weights.bin");

        get = await Server.Http.GetAsync(new Uri($"/get-artifact?run_uuid={run}&path=model/weights.bin", UriKind.Relative));
        Assert.That(await get.Content.ReadAsByteArrayAsync(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        AssertHarmless(get, "weights.bin");
        Assert.That((await Tracker.ListArtifactsAsync(run)).Select(static artifact => artifact.Name), Is.EqualTo(new[] { "model/weights.bin" }));
    }

    [Test]
    public async Task A_page_that_was_uploaded_is_not_shown()
    {
        (_, string root) = await CreateAsync();
        await Server.PutAsync($"{Proxy}/{root}/evil.html", Encoding.UTF8.GetBytes("<script>alert(1)</script>"));

        AssertHarmless(await Server.Http.GetAsync(new Uri($"{Proxy}/{root}/evil.html", UriKind.Relative)), "evil.html");
    }

    [Test]
    public async Task Folders_are_listed_by_full_path_for_a_run_and_by_name_through_the_proxy()
    {
        (string run, string root) = await CreateAsync();
        foreach (string name in (string[])["a.txt", "model/MLmodel", "model/data/w.bin", "modelx"])
        {
            await Server.PutAsync($"{Proxy}/{root}/{name}", [1, 2]);
        }

        Answer top = await Server.GetAsync($"artifacts/list?run_id={run}");
        Answer inner = await Server.GetAsync($"artifacts/list?run_id={run}&path=model");
        Answer file = await Server.GetAsync($"artifacts/list?run_id={run}&path=a.txt");
        Answer proxied = await Server.GetAsync($"{Proxy}?path={root}/model/");

        Assert.That(top.Text("root_uri"), Is.EqualTo($"mlflow-artifacts:/{root}"));
        Assert.That(top["files"].ToString(), Is.EqualTo("""[{"path":"a.txt","is_dir":false,"file_size":2},{"path":"model","is_dir":true},{"path":"modelx","is_dir":false,"file_size":2}]"""));
        Assert.That(inner["files"].ToString(), Is.EqualTo("""[{"path":"model/MLmodel","is_dir":false,"file_size":2},{"path":"model/data","is_dir":true}]"""));
        Assert.That(file.Has("files"), Is.False);
        Assert.That(proxied["files"].ToString(), Is.EqualTo("""[{"path":"MLmodel","is_dir":false,"file_size":2},{"path":"data","is_dir":true}]"""));
    }

    [Test]
    public async Task A_file_or_a_tree_is_deleted()
    {
        (string run, string root) = await CreateAsync();
        foreach (string name in (string[])["a.txt", "model/MLmodel", "model/data/w.bin", "modelx"])
        {
            await Server.PutAsync($"{Proxy}/{root}/{name}", [1]);
        }

        AssertDone(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/{root}/model")));
        AssertDone(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/{root}/a.txt")));
        AssertDone(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/{root}/never")));

        Assert.That((await Tracker.ListArtifactsAsync(run)).Select(static artifact => artifact.Name), Is.EqualTo(new[] { "modelx" }));
        AssertRefused(await Server.GetAsync($"{Proxy}/{root}/a.txt"), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task What_is_not_there_is_404_and_shows_no_path_of_the_server()
    {
        (string run, string root) = await CreateAsync();

        foreach (string path in (string[])[$"{Proxy}/{root}/none", $"/get-artifact?run_id={run}&path=none", $"{Proxy}/1/{new string('a', 32)}/artifacts/x", $"{Proxy}/999/{run}/artifacts/x", $"{Proxy}/x", $"{Proxy}?path=x"])
        {
            Answer answer = await Server.GetAsync(path);
            AssertRefused(answer, 404, "RESOURCE_DOES_NOT_EXIST");
            Assert.That(answer.Body, Does.Not.Contain(Folder));
        }
    }

    [TestCase("../x")]
    [TestCase("..")]
    [TestCase("a/../../x")]
    [TestCase("%2e%2e/x")]
    [TestCase("%252e%252e%252fx")]
    [TestCase("%25252525252525252525252e/x")]
    [TestCase("/etc/passwd")]
    [TestCase("//etc/passwd")]
    [TestCase("a//b")]
    [TestCase("\\..\\x")]
    [TestCase("a\\b")]
    [TestCase("C:\\x")]
    [TestCase("C:/x")]
    [TestCase("file:///etc/passwd")]
    [TestCase("x#y")]
    [TestCase("x?y")]
    [TestCase("a%00b")]
    [TestCase("con")]
    [TestCase("a/nul.txt")]
    [TestCase("a.")]
    [TestCase("a b.txt")]
    [TestCase("a (1).txt")]
    [TestCase("größe.txt")]
    [TestCase("a\r\nSet-Cookie: x=y")]
    public async Task A_path_that_leads_elsewhere_is_refused_everywhere(string path)
    {
        (string run, string root) = await CreateAsync();
        string escaped = Uri.EscapeDataString(path);

        AssertRefused(await Server.GetAsync($"artifacts/list?run_id={run}&path={escaped}"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"/get-artifact?run_id={run}&path={escaped}"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"{Proxy}?path={Uri.EscapeDataString(root + "/" + path)}"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await UploadAsync(run, escaped, "application/octet-stream"), 400, "INVALID_PARAMETER_VALUE");
        Assert.That(await Tracker.ListArtifactsAsync(run), Is.Empty);
    }

    [TestCase("%2e%2e%2fx")]
    [TestCase("a%252f..%252f..%252fx")]
    [TestCase("%255c..%255cx")]
    [TestCase("a%20b")]
    [TestCase("a%23b")]
    public async Task An_encoded_path_of_the_proxy_is_decoded_before_it_is_judged(string path)
    {
        (string run, string root) = await CreateAsync();

        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete])
        {
            AssertRefused(await Server.SendAsync(new HttpRequestMessage(method, $"{Proxy}/{root}/{path}")), 400, "INVALID_PARAMETER_VALUE");
        }

        Assert.That(await Tracker.ListArtifactsAsync(run), Is.Empty);
    }

    [Test]
    public async Task An_upload_of_a_page_needs_a_content_type_that_no_form_has()
    {
        (string run, _) = await CreateAsync();

        AssertDone(await UploadAsync(run, "a.json", "application/json"));
        AssertRefused(await UploadAsync(run, "b.json", "text/plain"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await UploadAsync(run, "b.json", "multipart/form-data"), 400, "INVALID_PARAMETER_VALUE");
        AssertDone(await UploadAsync(run, "c.json", "text/plain", "same-origin"));
        AssertRefused(await UploadAsync(run, "d.json", "application/json", "cross-site"), 403, "PERMISSION_DENIED");
        Assert.That((await Tracker.ListArtifactsAsync(run)).Select(static artifact => artifact.Name), Is.EqualTo(new[] { "a.json", "c.json" }));
        AssertRefused(await UploadAsync(run, "large", "application/json", content: new byte[10 * 1024 * 1024 + 1]), 413, "INVALID_PARAMETER_VALUE");
        AssertRefused(await UploadAsync(run, "", "application/json"), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task Parts_are_not_taken_and_the_client_is_told_how()
    {
        (_, string root) = await CreateAsync();

        foreach (string action in (string[])["create", "complete", "abort"])
        {
            AssertRefused(await Server.PostAsync($"/api/2.0/mlflow-artifacts/mpu/{action}/{root}/x", new { path = "x", num_parts = 2 }), 501, "NOT_IMPLEMENTED", "_UnsupportedMultipartUploadException");
        }
    }

    [Test]
    public async Task A_deleted_run_takes_no_files()
    {
        (string run, string root) = await CreateAsync();
        await Server.PutAsync($"{Proxy}/{root}/a", [1]);
        await Server.PostAsync("runs/delete", new { run_id = run });

        AssertRefused(await Server.PutAsync($"{Proxy}/{root}/b", [1]), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/{root}/a")), 400, "INVALID_PARAMETER_VALUE");
        Assert.That((await Server.GetAsync($"{Proxy}/{root}/a")).Status, Is.EqualTo(200));
    }

    private static void AssertHarmless(HttpResponseMessage response, string name)
    {
        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        Assert.That(response.Content.Headers.ContentDisposition!.ToString(), Is.EqualTo($"attachment; filename=\"{name}\""));
        Assert.That(response.Content.Headers.ContentType!.ToString(), Is.EqualTo("application/octet-stream"));
        Assert.That(response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }));
        Assert.That(response.Headers.GetValues("Content-Security-Policy").Single(), Does.Contain("sandbox"));
    }

    private Task<Answer> UploadAsync(string run, string path, string type, string? site = null, byte[]? content = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path={path}") { Content = new ByteArrayContent(content ?? [1, 2]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.ExpectContinue = content is not null;
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        return Server.SendAsync(request);
    }

    private async Task<(string Run, string Root)> CreateAsync()
    {
        string experiment = await CreateExperimentAsync(), run = await CreateRunAsync(experiment);
        return (run, $"{experiment}/{run}/artifacts");
    }
}
