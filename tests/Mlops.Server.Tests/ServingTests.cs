using System.Net;
using System.Text.Json;
using Mlops.Storage.Conformance;

namespace Mlops.Server.Tests;

/// <summary>A folder of models behind the sample server, at an address for HTTP/1.1 and one for gRPC.</summary>
[TestFixture]
internal sealed class ServingTests
{
    private static readonly string Models = Path.Combine(AppContext.BaseDirectory, "reference", "serving");
    private const string Key = "a key of these tests";
    private string _data = "";
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _data = Directory.CreateTempSubdirectory("mlops-server").FullName;
        _server = await ServerProcess.StartAsync(
            ["--urls", "http://127.0.0.1:0", "--grpc", "http://127.0.0.1:0", "--data", _data, "--models", Models], ("Server__ManageKey", Key));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [Test]
    public void It_listens_at_both_addresses_and_warns_of_neither()
    {
        Assert.That(_server.Addresses, Has.Count.EqualTo(2));
        Assert.That(_server.Lines, Has.None.Contains("Overriding"));
    }

    [Test]
    public async Task One_address_answers_HTTP_and_the_other_HTTP2()
    {
        Uri http = await FindAsync(HttpVersion.Version11), grpc = await FindAsync(HttpVersion.Version20);
        using var client = new HttpClient();

        using HttpResponseMessage answer = await client.PostAsync(
            new Uri(http, "/v2/models/simple/infer"),
            new StringContent($$"""{"inputs":[{"name":"INPUT0","datatype":"INT32","shape":[1,16],"data":[{{Times16("7")}}]},{"name":"INPUT1","datatype":"INT32","shape":[1,16],"data":[{{Times16("5")}}]}]}"""));

        Assert.That(http, Is.Not.EqualTo(grpc));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"[{Times16("12")}]"));
        Assert.That(await client.GetStringAsync(new Uri(http, "/health")), Is.Not.Empty);

        static string Times16(string value) => string.Join(',', Enumerable.Repeat(value, 16));
    }

    [Test]
    public async Task Every_call_of_the_gRPC_client_of_node_is_answered()
    {
        string source = Path.Combine(AppContext.BaseDirectory, "grpc");
        string packages = await NodePackages.InstallAsync(source);
        foreach (string file in (string[])["calls.js", "inference.proto", "health.proto"])
        {
            File.Copy(Path.Combine(source, file), Path.Combine(packages, file), overwrite: true);
        }

        string results = Path.Combine(_data, "grpc.jsonl");

        await NodePackages.RunAsync("node", [Path.Combine(packages, "calls.js"), (await FindAsync(HttpVersion.Version20)).Authority, results, Key], packages);

        JsonElement[] lines = [.. (await File.ReadAllLinesAsync(results)).Select(static line => JsonDocument.Parse(line).RootElement)];
        Assert.That(lines.Select(static line => line.GetProperty("name").GetString()), Is.EqualTo(new[]
        {
            "ServerLive", "ServerReady", "ServerMetadata", "ModelReady", "ModelMetadata", "ModelConfig", "ModelInfer", "raw", "ModelInfer", "typed", "ModelInfer", "ModelStreamInfer",
            "ModelStatistics", "RepositoryIndex", "RepositoryModelUnload", "RepositoryModelLoad", "Check", "Watch",
        }));
        JsonElement[] refused = [.. lines.Where(static line => !line.TryGetProperty("answer", out _))];
        Assert.That(refused.Select(static line => (line.GetProperty("code").GetInt32(), line.GetProperty("details").GetString())), Is.EqualTo(new[] { (5, "There is no model 'nobody'.") }));
        Dictionary<string, JsonElement> answers = lines.Except(refused).DistinctBy(Name).ToDictionary(Name, static line => line.GetProperty("answer"));
        Assert.That(answers["ServerReady"].GetProperty("ready").GetBoolean(), Is.True);
        Assert.That(answers["ModelReady"].GetProperty("ready").GetBoolean(), Is.True);
        Assert.That(answers["ModelMetadata"].GetProperty("versions").ToString(), Is.EqualTo("""["1","2"]"""));
        Assert.That(answers["ModelConfig"].GetProperty("config").GetProperty("input")[0].GetProperty("data_type").GetString(), Is.EqualTo("TYPE_FP32"));
        Assert.That(answers["raw"].ToString(), Is.EqualTo("[12,2]"));
        Assert.That(answers["typed"].GetProperty("contents").GetProperty("fp32_contents").EnumerateArray().Take(10).Sum(static value => value.GetDouble()), Is.EqualTo(1).Within(1e-5));
        JsonElement stream = answers["ModelStreamInfer"];
        Assert.That(stream.GetArrayLength(), Is.EqualTo(5));
        Assert.That(((int[])[0, 1, 3, 4]).Select(i => stream[i].GetInt32()), Is.EqualTo(new[] { 1, 2, 4, 5 }));
        Assert.That(stream[2].GetString(), Does.Contain("is missing"));
        Assert.That(answers["ModelStatistics"].GetProperty("model_stats")[0].GetProperty("inference_count").GetInt64(), Is.GreaterThanOrEqualTo(5));
        Assert.That(answers["RepositoryIndex"].GetProperty("models").EnumerateArray().Select(static model => model.GetProperty("name").GetString()), Does.Contain("digits"));
        Assert.That(answers["Check"].GetProperty("status").GetString(), Is.EqualTo("SERVING"));
        Assert.That(answers["Watch"].GetProperty("status").GetString(), Is.EqualTo("SERVING"));

        static string Name(JsonElement line) => line.GetProperty("name").GetString()!;
    }

    [TestCase(null, HttpStatusCode.Unauthorized)]
    [TestCase("Bearer a key of other tests", HttpStatusCode.Unauthorized)]
    [TestCase("Bearer " + Key, HttpStatusCode.OK)]
    public async Task Models_are_loaded_with_the_key_alone(string? authorization, HttpStatusCode expected)
    {
        using var client = new HttpClient();
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(await FindAsync(HttpVersion.Version11), "/v2/repository/models/simple/load"));
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using HttpResponseMessage answer = await client.SendAsync(request);

        Assert.That(answer.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_key_that_is_too_short_to_be_one_keeps_the_server_from_starting()
    {
        (int code, _, string errors) = await ServerProcess.FailAsync(["--urls", "http://127.0.0.1:0", "--data", _data, "--models", Models], ("Server__ManageKey", "short"));

        Assert.That((code, errors.Contains("Server:ManageKey", StringComparison.Ordinal)), Is.EqualTo((1, true)), errors);
    }

    [TestCase("--grpc", "http://127.0.0.1:0", "--models")]
    [TestCase("--models", "does-not-exist", "'does-not-exist'")]
    public async Task What_cannot_be_served_is_told_in_one_line(string argument, string value, string expected)
    {
        (int code, _, string errors) = await ServerProcess.FailAsync(["--urls", "http://127.0.0.1:0", "--data", _data, argument, value]);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(errors.Trim(), Does.StartWith("The server does not start: ").And.Contain(expected).And.Not.Contain("\n"));
    }

    [Test]
    public async Task An_address_of_gRPC_that_is_none_is_named()
    {
        (int code, _, string errors) = await ServerProcess.FailAsync(["--urls", "http://127.0.0.1:0", "--data", _data, "--models", Models, "--grpc", "here"]);

        Assert.That((code, errors.Contains("'here'", StringComparison.Ordinal), errors.Contains("--grpc", StringComparison.Ordinal)), Is.EqualTo((1, true, true)), errors);
    }

    /// <summary>The address that speaks a version of HTTP.</summary>
    private async Task<Uri> FindAsync(Version version)
    {
        using var client = new HttpClient { DefaultRequestVersion = version, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (Uri address in _server.Addresses)
        {
            try
            {
                using HttpResponseMessage answer = await client.GetAsync(new Uri(address, "/v2/health/live"));
                if (answer.IsSuccessStatusCode)
                {
                    return address;
                }
            }
            catch (HttpRequestException)
            {
                // It speaks the other one.
            }
        }

        throw new AssertionException($"None of {string.Join(", ", _server.Addresses)} speaks HTTP/{version}.");
    }
}
