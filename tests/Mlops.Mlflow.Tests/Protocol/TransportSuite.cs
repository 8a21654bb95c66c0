using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Mlops.Mlflow.Tests.Protocol;

public abstract class TransportSuite : MlflowSuite
{
    [Test]
    public async Task Health_and_version_are_plain_text()
    {
        Assert.That((await Server.GetAsync("/health")).Body, Is.EqualTo("OK"));
        Assert.That((await Server.GetAsync("/version")).Body, Does.Match(@"^2\.\d+\.\d+$"));
    }

    [TestCase("GET", "/api/2.0/mlflow/nothing")]
    [TestCase("POST", "/api/2.0/mlflow/experiments/get")]
    [TestCase("GET", "/api/2.0/mlflow/runs/create")]
    [TestCase("GET", "/ajax-api/2.0/mlflow/a/b/c")]
    [TestCase("POST", "/api/2.0/mlflow/traces")]
    [TestCase("GET", "/api/3.0/mlflow/logged-models/x")]
    [TestCase("PUT", "/api/2.0/mlflow-artifacts/nothing")]
    public async Task An_unknown_endpoint_is_404_in_json(string method, string path) =>
        AssertRefused(await Server.SendAsync(new HttpRequestMessage(new HttpMethod(method), path)), 404, "ENDPOINT_NOT_FOUND");

    [Test]
    public async Task Both_prefixes_serve_the_same()
    {
        string name = Fresh();

        AssertDone(await Server.PostAsync("/ajax-api/2.0/mlflow/experiments/create", new { name }));
        Assert.That((await Server.GetAsync($"/ajax-api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")).Body,
            Is.EqualTo((await Server.GetAsync($"/api/2.0/mlflow/experiments/get-by-name?experiment_name={name}")).Body));
    }

    [TestCase("text/plain")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("multipart/form-data; boundary=x")]
    [TestCase("application/jsonp")]
    [TestCase("nonsense")]
    [TestCase(null)]
    public async Task A_post_must_say_that_it_is_json(string? type)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/2.0/mlflow/experiments/create") { Content = new ByteArrayContent("""{"name":"csrf"}"""u8.ToArray()) };
        request.Content.Headers.Remove("Content-Type");
        if (type is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        AssertRefused(await Server.SendAsync(request), 400, "INVALID_PARAMETER_VALUE", "Content-Type must be one of ['application/json']");
    }

    [TestCase("application/json")]
    [TestCase("application/json; charset=utf-8")]
    [TestCase("APPLICATION/JSON")]
    public async Task Parameters_of_the_content_type_do_not_matter(string type)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/2.0/mlflow/experiments/create") { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new { name = Fresh() })) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        AssertDone(await Server.SendAsync(request));
    }

    [Test]
    public async Task A_patch_and_a_deletion_need_not_say_so()
    {
        string name = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name });

        foreach ((HttpMethod method, string path) in ((HttpMethod, string)[])[(HttpMethod.Patch, "update"), (HttpMethod.Delete, "delete")])
        {
            var request = new HttpRequestMessage(method, $"/api/2.0/mlflow/registered-models/{path}") { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new { name })) };
            AssertDone(await Server.SendAsync(request));
        }
    }

    [Test]
    public async Task A_body_may_be_encoded_twice() =>
        AssertDone(await Server.PostTextAsync("experiments/create", JsonSerializer.Serialize(JsonSerializer.Serialize(new { name = Fresh() }))));

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("5")]
    [TestCase("null")]
    [TestCase("\"\\\"{}\\\"\"")]
    [TestCase("{\"name\":\"a\"}{}")]
    [TestCase("{\"name\":\"a\",}")]
    [TestCase("{'name':'a'}")]
    [TestCase("\u0001")]
    public async Task What_is_no_json_object_is_a_bad_request(string body) =>
        AssertRefused(await Server.PostTextAsync("experiments/create", body), 400, "BAD_REQUEST");

    [Test]
    public async Task Json_has_at_most_32_levels()
    {
        string Nested(int levels) => $$"""{"name":"{{Fresh()}}","x":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""";

        AssertDone(await Server.PostTextAsync("experiments/create", Nested(32)));
        AssertRefused(await Server.PostTextAsync("experiments/create", Nested(33)), 400, "BAD_REQUEST");
        AssertRefused(await Server.PostTextAsync("runs/log-batch", Nested(100_000)), 400, "BAD_REQUEST");
    }

    [TestCase("\\u0000")]
    [TestCase("\\ud800")]
    [TestCase("\\udc00\\ud800")]
    public async Task A_text_that_no_database_holds_is_refused(string escape)
    {
        string id = await CreateRunAsync();

        AssertRefused(await Server.PostTextAsync("experiments/create", $$"""{"name":"a{{escape}}"}"""), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostTextAsync("runs/set-tag", $$"""{"run_id":"{{id}}","key":"k","value":"{{escape}}"}"""), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostTextAsync("runs/log-batch", $$"""{"run_id":"{{id}}","tags":[{"key":"k","value":"{{escape}}"}]}"""), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task Bytes_that_are_no_utf8_are_refused()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/2.0/mlflow/experiments/create") { Content = new ByteArrayContent([.. "{\"name\":\""u8, 0xC3, 0x28, .. "\"}"u8]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        Assert.That((await Server.SendAsync(request)).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_body_beyond_the_limit_is_refused_whether_its_length_is_said_or_not()
    {
        string padding = new(' ', 16 * 1024 * 1024);

        foreach (bool isChunked in (bool[])[false, true])
        {
            // Asks first, so that the answer is not lost while the body is on its way.
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/2.0/mlflow/runs/log-batch") { Content = new StringContent(padding + "{}", Encoding.UTF8, "application/json") };
            request.Headers.TransferEncodingChunked = isChunked;
            request.Headers.ExpectContinue = true;
            AssertRefused(await Server.SendAsync(request), 413, "INVALID_PARAMETER_VALUE");
        }
    }

    [Test]
    public async Task A_batch_of_a_megabyte_is_taken()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id, tags = new[] { new { key = "a", value = new string('x', 1_000_000) } } }));
    }

    [Test]
    public async Task A_page_of_another_site_is_refused([Values("GET", "POST")] string method)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), "/api/2.0/mlflow/experiments/search?max_results=1") { Content = new StringContent("""{"max_results":1}""", Encoding.UTF8, "application/json") };
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        AssertRefused(await Server.SendAsync(request), 403, "PERMISSION_DENIED");
    }

    [Test]
    public async Task Every_answer_forbids_guessing_its_type()
    {
        foreach (string path in (string[])["/health", "experiments/get?experiment_id=0", "experiments/get?experiment_id=999", "nothing"])
        {
            Assert.That((await Server.GetAsync(path)).Response.Headers.GetValues("X-Content-Type-Options"), Is.EqualTo(new[] { "nosniff" }));
        }
    }

    [Test]
    public async Task Sql_in_any_text_is_only_text([Values("'; DROP TABLE tracking_run; --", "\" OR 1=1 --", "%' OR '1'='1")] string text)
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key = "k", value = text }));
        AssertDone(await Server.PostAsync("experiments/create", new { name = Fresh() + text }));
        foreach (string path in (string[])["experiments/get-by-name?experiment_name=", "registered-models/get?name=", "runs/get?run_id=", "experiments/search?max_results=1&filter=", "model-versions/search?filter=", "experiments/search?max_results=1&order_by="])
        {
            Answer answer = await Server.GetAsync(path + Uri.EscapeDataString(text));
            Assert.That(answer.Status, Is.EqualTo(400).Or.EqualTo(404), path);
            Assert.That(answer.Body, Does.Not.Contain("SELECT").And.Not.Contain("SQLite").And.Not.Contain("Npgsql"));
        }
    }
}
