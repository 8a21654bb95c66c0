using Google.Protobuf;
using Grpc.Core;
using Inference;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

internal sealed class GrpcRepositoryTests
{
    private string _folder = "";
    private GrpcHost _host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-grpc").FullName;
        Copy("digits/1/model.onnx");
        Copy("simple/1/model.onnx");
        Directory.CreateDirectory(Path.Combine(_folder, "broken", "1"));
        File.Copy(Path.Combine(Reference.Folder, "bad", "not_onnx.onnx"), Path.Combine(_folder, "broken", "1", "model.onnx"));
        _host = await GrpcHost.ManagedAsync(_folder);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task The_index_shows_what_serves_and_why_the_rest_does_not()
    {
        RepositoryIndexResponse all = await _host.Client.RepositoryIndexAsync(new RepositoryIndexRequest());
        RepositoryIndexResponse ready = await _host.Client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true });

        Assert.That(all.Models.Select(static model => (model.Name, model.Version, model.State)), Is.EqualTo(new[] { ("broken", "1", "UNAVAILABLE"), ("digits", "1", "READY"), ("simple", "1", "READY") }));
        Assert.That(all.Models[0].Reason, Does.Contain("InvalidModel"));
        Assert.That(ready.Models.Select(static model => model.Name), Is.EqualTo(new[] { "digits", "simple" }));
    }

    [Test]
    public async Task A_model_is_unloaded_and_loaded_with_what_is_new()
    {
        await _host.Client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { ModelName = "digits" });
        RpcException gone = (await Assert.ThrowsAsync<RpcException>(async () => await InferAsync()))!;
        Assert.That(gone.StatusCode, Is.EqualTo(StatusCode.NotFound));

        Copy("digits/2/model.onnx");
        await _host.Client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { ModelName = "digits" });
        Assert.That((await InferAsync()).ModelVersion, Is.EqualTo("2"));
    }

    [Test]
    public async Task The_name_may_stand_where_KServe_has_it()
    {
        await _host.Client.RepositoryModelUnloadAsync(new RepositoryModelUnloadRequest { RepositoryName = "digits" });

        Assert.That((await _host.Client.ModelReadyAsync(new ModelReadyRequest { Name = "digits" })).Ready, Is.False);
        await _host.Client.RepositoryModelLoadAsync(new RepositoryModelLoadRequest { RepositoryName = "digits" });
        Assert.That((await _host.Client.ModelReadyAsync(new ModelReadyRequest { Name = "digits" })).Ready, Is.True);
    }

    [Test]
    public async Task What_cannot_be_loaded_is_refused_with_the_reason()
    {
        var withConfig = new RepositoryModelLoadRequest { ModelName = "digits" };
        withConfig.Parameters["config"] = new ModelRepositoryParameter { StringParam = "{}" };
        var withFile = new RepositoryModelLoadRequest { ModelName = "digits" };
        withFile.Parameters["file:1/model.onnx"] = new ModelRepositoryParameter { BytesParam = ByteString.CopyFromUtf8("model") };

        await AssertRefusedAsync(new RepositoryModelLoadRequest(), StatusCode.InvalidArgument, "names no model");
        await AssertRefusedAsync(new RepositoryModelLoadRequest { ModelName = "nobody" }, StatusCode.NotFound, "nobody");
        await AssertRefusedAsync(new RepositoryModelLoadRequest { ModelName = "../digits" }, StatusCode.NotFound, "../digits");
        await AssertRefusedAsync(new RepositoryModelLoadRequest { ModelName = "broken" }, StatusCode.FailedPrecondition, "InvalidModel");
        await AssertRefusedAsync(new RepositoryModelLoadRequest { ModelName = "digits", RepositoryName = "other" }, StatusCode.InvalidArgument, "one repository");
        await AssertRefusedAsync(withConfig, StatusCode.InvalidArgument, "'config'");
        await AssertRefusedAsync(withFile, StatusCode.InvalidArgument, "'file:1/model.onnx'");
        Assert.That((await InferAsync()).ModelVersion, Is.EqualTo("1"));
    }

    private async Task<ModelInferResponse> InferAsync() => await _host.Client.ModelInferAsync(GrpcCalls.Call("digits").Floats("input", [1, 64], new float[64]));

    private async Task AssertRefusedAsync(RepositoryModelLoadRequest request, StatusCode code, string reason)
    {
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.RepositoryModelLoadAsync(request)))!;
        Assert.That((failure.StatusCode, failure.Status.Detail), Is.EqualTo((code, failure.Status.Detail)));
        Assert.That(failure.Status.Detail, Does.Contain(reason));
    }

    private void Copy(string model)
    {
        string target = Path.Combine(_folder, model);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(Path.Combine(Reference.Folder, model), target);
    }
}
