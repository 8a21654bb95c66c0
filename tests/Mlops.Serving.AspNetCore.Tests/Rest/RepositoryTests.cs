using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class RepositoryTests
{
    private string _folder = null!;

    [SetUp]
    public void CreateFolder()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-models").FullName;
        Copy("digits", 1);
        Copy("digits", 2);
        Copy("simple", 1);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_index_lists_every_version_and_why_one_does_not_serve()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "broken", "1"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken", "1", "model.onnx"), "no model");
        await using InferenceHost host = await StartAsync();

        Answer all = await host.Http.PostAnswerAsync("/v2/repository/index", "");
        Answer ready = await host.Http.PostAnswerAsync("/v2/repository/index", """{"ready":true}""");

        Assert.That(all.Text, Does.Contain("""{"name":"digits","version":"1","state":"READY","reason":""},{"name":"digits","version":"2","state":"READY","reason":""}"""));
        Assert.That(all.Text, Does.Contain("""{"name":"broken","version":"1","state":"UNAVAILABLE","reason":"Model """));
        Assert.That(ready.Text, Does.Not.Contain("broken").And.Contain("simple"));
    }

    [Test]
    public async Task Registered_models_are_listed_too()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime());

        Answer answer = await host.Http.PostAnswerAsync("/v2/repository/index", "{}");

        Assert.That(answer.Text, Is.EqualTo("""[{"name":"m","version":"1","state":"READY","reason":""}]"""));
    }

    [Test]
    public async Task A_model_is_unloaded_and_loaded_again_with_what_is_new()
    {
        await using InferenceHost host = await StartAsync();

        Answer unloaded = await host.Http.PostAnswerAsync("/v2/repository/models/simple/unload", """{"parameters":{"unload_dependents":true}}""");
        Answer gone = await host.Http.GetAnswerAsync("/v2/models/simple/ready");
        Copy("digits_cnn", 1);
        Answer loaded = await host.Http.PostAnswerAsync("/v2/repository/models/simple/load", "");
        Answer added = await host.Http.PostAnswerAsync("/v2/repository/models/digits_cnn/load", "");
        Answer back = await host.Http.GetAnswerAsync("/v2/models/simple/ready");
        Answer there = await host.Http.GetAnswerAsync("/v2/models/digits_cnn/ready");

        Assert.That((unloaded.Status, unloaded.Text), Is.EqualTo((HttpStatusCode.OK, "")));
        Assert.That(gone.Status, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That((loaded.Status, added.Status, back.Status, there.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK)));
    }

    [TestCase("config", "config")]
    [TestCase("file:1/model.onnx", "file:")]
    public async Task What_would_bring_a_model_from_outside_is_refused(string parameter, string why)
    {
        await using InferenceHost host = await StartAsync();

        Answer answer = await host.Http.PostAnswerAsync("/v2/repository/models/simple/load", $$$"""{"parameters":{"{{{parameter}}}":"x"}}""");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain(why));
    }

    [TestCase("nobody")]
    [TestCase("..")]
    [TestCase("%2e%2e%2fetc")]
    public async Task What_is_not_in_the_folder_is_not_loaded(string model)
    {
        await using InferenceHost host = await StartAsync();

        Answer answer = await host.Http.PostAnswerAsync($"/v2/repository/models/{model}/load", "");

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest).Or.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_registered_model_is_loaded_again_but_not_unloaded()
    {
        await using InferenceHost host = await InferenceHost.StartOpenAsync(static models => InferenceHost.AddModel(models, new FunctionRuntime()));

        Answer loaded = await host.Http.PostAnswerAsync("/v2/repository/models/m/load", "");
        Answer unloaded = await host.Http.PostAnswerAsync("/v2/repository/models/m/unload", "");
        Answer unknown = await host.Http.PostAnswerAsync("/v2/repository/models/other/load", "");

        Assert.That((loaded.Status, unloaded.Status, unknown.Status), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest)));
    }

    [TestCase("127.0.0.1")]
    [TestCase("203.0.113.7")]
    public async Task Without_a_policy_nobody_manages(string address)
    {
        await using InferenceHost host = await InferenceHost.StartAsync(models => models.UseOnnxRuntime().AddModelFolder(_folder));
        foreach (string path in (string[])["unload", "load"])
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"/v2/repository/models/simple/{path}");
            request.Headers.Add(Connection.RemoteHeader, address);

            Answer answer = await host.Http.SendAnswerAsync(request);

            Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(answer.Error, Does.Contain("ManagePolicy"));
        }

        Assert.That(host.Models.Find("simple"), Is.Not.Null);
    }

    [Test]
    public async Task Statistics_count_rows_and_runs()
    {
        await using InferenceHost host = await InferenceHost.StartAsync(new FunctionRuntime());
        await host.Http.PostAnswerAsync("/v2/models/m/infer", """{"inputs":[{"name":"x","shape":[3,4],"datatype":"FP32","data":[1,2,3,4,1,2,3,4,1,2,3,4]}]}""");

        foreach (string path in (string[])["/v2/models/stats", "/v2/models/m/stats", "/v2/models/m/versions/1/stats"])
        {
            Answer answer = await host.Http.GetAnswerAsync(path);
            System.Text.Json.JsonElement model = answer.Json.GetProperty("model_stats")[0];
            Assert.That(
                (model.GetProperty("name").GetString(), model.GetProperty("version").GetString(), model.GetProperty("inference_count").GetInt64(), model.GetProperty("execution_count").GetInt64()),
                Is.EqualTo(("m", "1", 3L, 1L)), path);
            Assert.That(model.GetProperty("inference_stats").GetProperty("success").GetProperty("count").GetInt64(), Is.EqualTo(1));
            Assert.That(model.GetProperty("inference_stats").GetProperty("compute_infer").GetProperty("ns").GetInt64(), Is.Positive);
            Assert.That(model.GetProperty("batch_stats")[0].GetProperty("batch_size").GetInt32(), Is.EqualTo(3));
            Assert.That(model.GetProperty("last_inference").GetInt64(), Is.Positive);
        }
    }

    private Task<InferenceHost> StartAsync() => InferenceHost.StartOpenAsync(models => models.UseOnnxRuntime().AddModelFolder(_folder));

    private void Copy(string model, int version)
    {
        string target = Path.Combine(_folder, model, version.ToString());
        Directory.CreateDirectory(target);
        File.Copy(Path.Combine(Reference.Folder, model, version.ToString(), "model.onnx"), Path.Combine(target, "model.onnx"));
    }
}
