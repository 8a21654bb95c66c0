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
    [TestCase("a\0b")]
    [TestCase("a%5c..%5cb")]
    [TestCase("....//a")]
    [TestCase("//proc/self/root")]
    [TestCase("file://host/a")]
    [TestCase("con")]
    [TestCase("a/nul.txt")]
    [TestCase("a.")]
    [TestCase("a*")]
    [TestCase("a ")]
    [TestCase("\u202eb")]
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
    [TestCase("a%23b")]
    [TestCase("a%00b")]
    [TestCase("%252e%252e%252fx")]
    [TestCase("a%5cb")]
    public async Task An_encoded_path_of_the_proxy_is_decoded_before_it_is_judged(string path)
    {
        (string run, string root) = await CreateAsync();

        foreach (HttpMethod method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete])
        {
            // A server may not even hand on some of them.
            Assert.That((await Server.SendAsync(new HttpRequestMessage(method, $"{Proxy}/{root}/{path}"))).Status, Is.EqualTo(400));
        }

        Assert.That(await Tracker.ListArtifactsAsync(run), Is.Empty);
    }

    [TestCase("images/loss%step%25%timestamp%1700000000000%2f0c3.png")]
    [TestCase("images/loss+step+3+timestamp+1700000000000+2f0c3.png")]
    [TestCase("my photo (1).png")]
    [TestCase("größe/北京.txt")]
    [TestCase("a&b=c,d@e[f]{g}'h'.txt")]
    [TestCase("a%00b")]
    [TestCase("100%")]
    public async Task A_name_is_kept_as_the_client_gave_it(string name)
    {
        (string run, string root) = await CreateAsync();
        string path = string.Join('/', name.Split('/').Select(Uri.EscapeDataString)), file = name[(name.LastIndexOf('/') + 1)..];

        AssertDone(await Server.PutAsync($"{Proxy}/{root}/{path}", [1, 2]));
        Assert.That((await Tracker.ListArtifactsAsync(run)).Single().Name, Is.EqualTo(name));
        foreach (string from in (string[])[$"{Proxy}/{root}/{path}", $"/get-artifact?run_id={run}&path={Uri.EscapeDataString(name)}"])
        {
            HttpResponseMessage get = await Server.Http.GetAsync(new Uri(from, UriKind.Relative));
            Assert.That(await get.Content.ReadAsByteArrayAsync(), Is.EqualTo(new byte[] { 1, 2 }), from);
            Assert.That(get.Content.Headers.ContentDisposition!.FileNameStar ?? get.Content.Headers.ContentDisposition.FileName!.Trim('"'), Is.EqualTo(file));
            Assert.That(get.Content.Headers.ContentDisposition.DispositionType, Is.EqualTo("attachment"));
        }

        string folder = name.Contains('/', StringComparison.Ordinal) ? name[..name.LastIndexOf('/')] : "";
        Answer listed = await Server.GetAsync($"artifacts/list?run_id={run}&path={Uri.EscapeDataString(folder)}");
        Assert.That(listed.Text("files.0.path"), Is.EqualTo(name));
        Answer proxied = await Server.GetAsync($"{Proxy}?path={Uri.EscapeDataString(folder.Length == 0 ? root : $"{root}/{folder}")}");
        Assert.That(proxied.Text("files.0.path"), Is.EqualTo(file));
        AssertDone(await Server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"{Proxy}/{root}/{path}")));
        Assert.That(await Tracker.ListArtifactsAsync(run), Is.Empty);
    }

    [Test]
    public async Task The_proxy_is_walked_from_its_root()
    {
        (string run, string root) = await CreateAsync();
        string experiment = root.Split('/')[0], model = Fresh("my model");
        await Server.PutAsync($"{Proxy}/{root}/a.txt", [1]);
        await Server.PostAsync("registered-models/create", new { name = model });
        await Server.PostAsync("model-versions/create", new { name = model, source = $"runs:/{run}/a.txt" });

        async Task<string[]> ListAsync(string path)
        {
            Answer answer = await Server.GetAsync($"{Proxy}?path={Uri.EscapeDataString(path)}");
            Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
            return [.. answer["files"].EnumerateArray().Select(static f => f.GetProperty("path").GetString() + (f.GetProperty("is_dir").GetBoolean() ? "/" : ""))];
        }

        Assert.That(await ListAsync(""), Has.Member("0/").And.Member($"{experiment}/").And.Member("models/"));
        Assert.That((await Server.GetAsync(Proxy)).Body, Is.EqualTo((await Server.GetAsync($"{Proxy}?path=")).Body));
        Assert.That(await ListAsync(experiment), Is.EqualTo(new[] { $"{run}/" }));
        Assert.That(await ListAsync($"{experiment}/{run}/"), Is.EqualTo(new[] { "artifacts/" }));
        Assert.That(await ListAsync(root), Is.EqualTo(new[] { "a.txt" }));
        Assert.That(await ListAsync("models"), Has.Member($"{model}/"));
        Assert.That(await ListAsync($"models/{model}"), Is.EqualTo(new[] { "1/" }));
        Assert.That(await ListAsync($"models/{Uri.EscapeDataString(model)}/1"), Is.EqualTo(new[] { "a.txt" }));
        foreach (string none in (string[])["999999", $"999999/{run}", $"{experiment}/{new string('0', 32)}", "models/nobody", "models/nobody/1"])
        {
            AssertRefused(await Server.GetAsync($"{Proxy}?path={none}"), 404, "RESOURCE_DOES_NOT_EXIST");
        }

        foreach (string bad in (string[])["..", "../etc", "%2e%2e", "models/..", "a\\b", "/etc"])
        {
            Assert.That((await Server.GetAsync($"{Proxy}?path={Uri.EscapeDataString(bad)}")).Status, Is.EqualTo(400).Or.EqualTo(404), bad);
        }
    }

    [Test]
    public async Task An_upload_is_checked_for_its_run_then_its_path_then_its_content()
    {
        (string run, _) = await CreateAsync();

        AssertRefused(await UploadAsync("", "../x", "application/json"), 400, "INVALID_PARAMETER_VALUE", "Request must specify run_uuid.");
        AssertRefused(await UploadAsync(new string('0', 32), "../x", "application/json"), 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=");
        AssertRefused(await UploadAsync(run, "", "application/json", content: []), 400, "INVALID_PARAMETER_VALUE", "Request must specify path.");
        AssertRefused(await UploadAsync(run, "../x", "application/json", content: []), 400, "INVALID_PARAMETER_VALUE", "Invalid path");
        AssertRefused(await UploadAsync(run, "x", "application/json", content: []), 400, "INVALID_PARAMETER_VALUE", "Request must specify data.");
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
        AssertRefused(await UploadAsync(run, "e.json", "application/x-www-form-urlencoded; charset=utf-8"), 400, "INVALID_PARAMETER_VALUE");
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

    /// <summary>For a body without a type, a browser asks no leave to send it from a page of another site; what it says of that page is its origin or its site.</summary>
    [TestCase("Origin", "http://evil.example", 400)]
    [TestCase("Origin", "null", 400)]
    [TestCase("Sec-Fetch-Site", "same-site", 400)]
    [TestCase("Sec-Fetch-Site", "same-origin", 200)]
    [TestCase("Sec-Fetch-Site", "none", 200)]
    [TestCase("User-Agent", "curl", 200)]
    public async Task A_file_without_a_type_is_taken_from_programs_and_from_pages_of_this_site_alone(string header, string value, int status)
    {
        (string run, _) = await CreateAsync();
        var request = new HttpRequestMessage(HttpMethod.Post, $"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path=planted.txt") { Content = new ByteArrayContent([1, 2]) };
        request.Headers.Add(header, value);
        Assert.That(request.Content.Headers.ContentType, Is.Null);

        Answer answer = await Server.SendAsync(request);

        Assert.That(answer.Status, Is.EqualTo(status), answer.Body);
        Answer files = await Server.GetAsync($"artifacts/list?run_id={run}");
        Assert.That(files.Body, status == 200 ? Does.Contain("planted.txt") : Does.Not.Contain("planted.txt"));
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
