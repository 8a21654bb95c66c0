using System.Net;
using System.Text.Json;

namespace Mlops.Server.Tests;

/// <summary>The sample serves a folder of models, and MLflow as before.</summary>
[TestFixture]
internal sealed class ServerModelsTests
{
    private static readonly string Models = Path.Combine(AppContext.BaseDirectory, "reference", "serving");

    private string _data = "";
    private ServerProcess _server = null!;
    private HttpClient _client = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _data = Directory.CreateTempSubdirectory("mlops-server").FullName;
        _server = await ServerProcess.StartAsync(["--urls", "http://127.0.0.1:0", "--data", _data, "--models", Models]);
        _client = new HttpClient { BaseAddress = _server.Address };
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    [TestCase("/health")]
    [TestCase("/v2/health/live")]
    [TestCase("/v2/health/ready")]
    [TestCase("/v2/models/diabetes_mlp/ready")]
    [TestCase("/v2/models/simple/versions/1/ready")]
    [TestCase("/v1/models/simple")]
    [TestCase("/api/2.0/mlflow/experiments/search?max_results=10")]
    public async Task What_it_serves_is_there(string path)
    {
        using HttpResponseMessage response = await _client.GetAsync(path);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_model_answers_as_its_reference_says()
    {
        using JsonDocument reference = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Models, "diabetes_mlp", "1", "reference.json")));
        string request = $$"""{"inputs":{{reference.RootElement.GetProperty("inputs").GetRawText()}}}""";

        using HttpResponseMessage response = await _client.PostAsync("/v2/models/diabetes_mlp/infer", new StringContent(request));

        JsonElement output = JsonDocument.Parse(await response.Content.ReadAsStreamAsync()).RootElement.GetProperty("outputs")[0];
        double[] expected = [.. reference.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(static value => value.GetDouble())];
        double[] actual = [.. output.GetProperty("data").EnumerateArray().Select(static value => value.GetDouble())];
        Assert.That(actual, Is.EqualTo(expected).Within(0.1).Percent);
    }

    [Test]
    public async Task A_client_does_not_unload_what_the_host_serves()
    {
        using HttpResponseMessage response = await _client.PostAsync("/v2/repository/models/simple/unload", new StringContent(""));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await _client.GetAsync("/v2/models/simple/ready")).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
