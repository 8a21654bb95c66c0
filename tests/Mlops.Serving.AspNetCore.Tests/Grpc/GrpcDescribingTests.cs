using Grpc.Core;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Health, metadata, configuration and statistics in the words of the protocol.</summary>
internal sealed class GrpcDescribingTests
{
    private GrpcHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.OfReferencesAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task The_server_lives_and_is_ready_and_says_what_it_is()
    {
        Assert.That((await _host.Client.ServerLiveAsync(new ServerLiveRequest())).Live, Is.True);
        Assert.That((await _host.Client.ServerReadyAsync(new ServerReadyRequest())).Ready, Is.True);
        ServerMetadataResponse metadata = await _host.Client.ServerMetadataAsync(new ServerMetadataRequest());
        Assert.That((metadata.Name, metadata.Version.Length > 0), Is.EqualTo(("mlops", true)));
        Assert.That(metadata.Extensions, Does.Contain("statistics"));
    }

    [TestCase("digits", "", true)]
    [TestCase("digits", "1", true)]
    [TestCase("digits", "3", false)]
    [TestCase("nobody", "", false)]
    public async Task A_model_is_ready_when_the_version_is_loaded(string name, string version, bool isReady) =>
        Assert.That((await _host.Client.ModelReadyAsync(new ModelReadyRequest { Name = name, Version = version })).Ready, Is.EqualTo(isReady));

    [Test]
    public async Task Metadata_names_versions_inputs_and_outputs()
    {
        ModelMetadataResponse metadata = await _host.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = "digits" });

        Assert.That((metadata.Name, metadata.Platform), Is.EqualTo(("digits", "onnx_onnxv1")));
        Assert.That(metadata.Versions, Is.EqualTo(new[] { "1", "2" }));
        ModelMetadataResponse.Types.TensorMetadata input = metadata.Inputs.Single();
        Assert.That((input.Name, input.Datatype), Is.EqualTo(("input", "FP32")));
        Assert.That(input.Shape, Is.EqualTo(new long[] { -1, 64 }));
        Assert.That(metadata.Outputs.Select(static output => output.Name), Is.EqualTo(new[] { "logits", "probabilities" }));
    }

    [Test]
    public async Task The_configuration_leaves_the_rows_out_where_all_tensors_have_them()
    {
        ModelConfig cnn = (await _host.Client.ModelConfigAsync(new ModelConfigRequest { Name = "digits_cnn" })).Config;
        Assert.That((cnn.Name, cnn.MaxBatchSize, cnn.Input.Single().DataType), Is.EqualTo(("digits_cnn", int.MaxValue, DataType.TypeFp32)));
        Assert.That(cnn.Input.Single().Dims, Is.EqualTo(new long[] { 1, 8, 8 }));

        ModelConfig busy = (await _host.Client.ModelConfigAsync(new ModelConfigRequest { Name = "busy" })).Config;
        Assert.That(busy.MaxBatchSize, Is.Zero);
        Assert.That(busy.Input[0].Dims, Is.EqualTo(new long[] { -1, 64 }));
        Assert.That((busy.Input[1].DataType, busy.Input[1].Dims.Count), Is.EqualTo((DataType.TypeInt64, 0)));
    }

    [TestCase("nobody", "")]
    [TestCase("digits", "7")]
    public async Task What_is_not_there_is_not_found(string name, string version)
    {
        RpcException[] failures =
        [
            (await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.ModelMetadataAsync(new ModelMetadataRequest { Name = name, Version = version })))!,
            (await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.ModelConfigAsync(new ModelConfigRequest { Name = name, Version = version })))!,
            (await Assert.ThrowsAsync<RpcException>(async () => await _host.Client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = name, Version = version })))!,
        ];

        Assert.That(failures.Select(static failure => failure.StatusCode), Is.All.EqualTo(StatusCode.NotFound));
        Assert.That(failures.Select(static failure => failure.Status.Detail), Is.All.Contains(version.Length == 0 ? "nobody" : "7"));
    }

    [Test]
    public async Task Statistics_count_rows_and_runs()
    {
        await _host.Client.ModelInferAsync(GrpcCalls.Call("diabetes_mlp").Floats("input", [3, 10], new float[30]));
        await _host.Client.ModelInferAsync(GrpcCalls.Call("diabetes_mlp").Floats("input", [1, 10], new float[10]));

        Inference.ModelStatistics statistics = (await _host.Client.ModelStatisticsAsync(new ModelStatisticsRequest { Name = "diabetes_mlp" })).ModelStats.Single();

        Assert.That((statistics.Name, statistics.Version), Is.EqualTo(("diabetes_mlp", "1")));
        Assert.That((statistics.InferenceCount, statistics.ExecutionCount, statistics.InferenceStats.Success.Count), Is.EqualTo((4UL, 2UL, 2UL)));
        Assert.That(statistics.LastInference, Is.GreaterThan(1_700_000_000_000UL));
        Assert.That(statistics.InferenceStats.ComputeInfer.Ns, Is.GreaterThan(0UL));
        Assert.That(statistics.BatchStats.Select(static size => (size.BatchSize, size.ComputeInfer.Count)), Is.EqualTo(new[] { (1UL, 1UL), (3UL, 1UL) }));
    }

    [Test]
    public async Task Statistics_of_no_model_are_those_of_all()
    {
        ModelStatisticsResponse all = await _host.Client.ModelStatisticsAsync(new ModelStatisticsRequest());

        Assert.That(all.ModelStats.Select(static one => (one.Name, one.Version)), Is.SupersetOf(new[] { ("digits", "1"), ("digits", "2"), ("simple", "1") }));
    }
}
