using System.Net;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class ModelEndpointTests
{
    private InferenceHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await InferenceHost.StartReferenceAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [TestCase("/v2/health/live", "{\"live\":true}")]
    [TestCase("/v2/health/ready", "{\"ready\":true}")]
    [TestCase("/v2/models/digits/ready", "{\"name\":\"digits\",\"ready\":true}")]
    [TestCase("/v2/models/digits/versions/1/ready", "{\"name\":\"digits\",\"ready\":true}")]
    public async Task What_serves_is_ready(string path, string expected)
    {
        Answer answer = await _host.Http.GetAnswerAsync(path);

        Assert.That((answer.Status, answer.Text), Is.EqualTo((HttpStatusCode.OK, expected)));
    }

    [Test]
    public async Task The_server_names_itself_and_its_extensions()
    {
        Answer answer = await _host.Http.GetAnswerAsync("/v2");

        Assert.That(answer.Json.GetProperty("name").GetString(), Is.EqualTo("mlops"));
        Assert.That(answer.Json.GetProperty("version").GetString(), Does.Match(@"^\d+\.\d+\.\d+"));
        Assert.That(answer.Json.GetProperty("extensions").EnumerateArray().Select(static extension => extension.GetString()), Does.Contain("binary_tensor_data"));
    }

    [TestCase("/v2/models/digits")]
    [TestCase("/v2/models/digits/versions/2")]
    public async Task A_model_tells_its_versions_inputs_and_outputs(string path)
    {
        Answer answer = await _host.Http.GetAnswerAsync(path);

        Assert.That(answer.Text, Is.EqualTo(
            """{"name":"digits","versions":["1","2"],"platform":"onnx_onnxv1","inputs":[{"name":"input","datatype":"FP32","shape":[-1,64]}],"outputs":[{"name":"logits","datatype":"FP32","shape":[-1,10]},{"name":"probabilities","datatype":"FP32","shape":[-1,10]}]}"""));
    }

    [TestCase("GET", "/v2/models/nobody")]
    [TestCase("GET", "/v2/models/nobody/ready")]
    [TestCase("GET", "/v2/models/digits/versions/3")]
    [TestCase("GET", "/v2/models/digits/versions/3/ready")]
    [TestCase("GET", "/v2/models/digits/versions/latest")]
    [TestCase("POST", "/v2/models/nobody/infer")]
    public async Task What_is_not_there_is_not_found(string method, string path)
    {
        Answer answer = await _host.Http.SendAnswerAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(answer.Error, Is.Not.Empty);
    }

    [Test]
    public async Task A_model_without_a_version_is_not_ready_and_neither_is_the_server()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(static models => models.AddModel("m", static m => m
            .WithRuntime(new FunctionRuntime()).FromStream(static _ => throw new IOException("away"))));

        Answer server = await host.Http.GetAnswerAsync("/v2/health/ready");
        Answer model = await host.Http.GetAnswerAsync("/v2/models/m/ready");
        Answer live = await host.Http.GetAnswerAsync("/v2/health/live");
        Answer infer = await host.Http.PostAnswerAsync("/v2/models/m/infer", """{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}""");

        Assert.That((server.Status, model.Status, live.Status), Is.EqualTo((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK)));
        Assert.That(infer.Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(infer.Header("Retry-After"), Is.EqualTo("1"));
    }
}
