using System.IO.Compression;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Inference;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Serving.OnnxRuntime;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>One limit for a message, compressed or not.</summary>
internal sealed class GrpcLimitTests
{
    private const int MaximumBytes = 1 << 20;
    private GrpcHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.StartAsync(
        static builder => builder.Services.AddMlopsServing().UseOnnxRuntime().AddModelFolder(Reference.Folder),
        static options => options.MaximumRequestBytes = MaximumBytes);

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task A_message_up_to_the_limit_is_answered_and_a_longer_one_is_refused()
    {
        Assert.That((await _host.Client.ModelInferAsync(OfRows(4_000))).Outputs, Has.Count.EqualTo(2));

        await AssertRefusedAsync(async () => await _host.Client.ModelInferAsync(OfRows(4_200)));
    }

    [Test]
    public async Task A_compressed_message_up_to_the_limit_is_answered([Values("gzip", "deflate")] string encoding)
    {
        using GrpcChannel channel = Compressing();
        ModelInferResponse answer = await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(OfRows(4_000), new Metadata { { "grpc-internal-encoding-request", encoding } });

        Assert.That(answer.Outputs, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_small_message_that_decompresses_beyond_the_limit_is_refused([Values("gzip", "deflate")] string encoding)
    {
        using GrpcChannel channel = Compressing();

        await AssertRefusedAsync(async () =>
            await new GRPCInferenceService.GRPCInferenceServiceClient(channel).ModelInferAsync(OfRows(100_000), new Metadata { { "grpc-internal-encoding-request", encoding } }));
    }

    [Test]
    public async Task A_message_beyond_the_limit_ends_a_stream_after_the_answers_before_it()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _host.Client.ModelStreamInfer();
        await stream.RequestStream.WriteAsync(OfRows(1));
        Task sending = stream.RequestStream.WriteAsync(OfRows(4_200));

        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.True);
        Assert.That(stream.ResponseStream.Current.InferResponse.Outputs, Has.Count.EqualTo(2));
        await AssertRefusedAsync(() => stream.ResponseStream.MoveNext(CancellationToken.None));

        // The server does not wait for the rest of it.
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [Test]
    public async Task A_message_longer_than_the_server_takes_by_default_is_answered_where_the_limit_allows()
    {
        // Kestrel takes 30 MB and gRPC 4 MiB when nothing else is said.
        await using GrpcHost host = await GrpcHost.OfReferencesAsync();

        ModelInferResponse answer = await host.Client.ModelInferAsync(OfRows(130_000));

        Assert.That(answer.Outputs[0].Shape, Is.EqualTo(new long[] { 130_000, 10 }));
    }

    private static ModelInferRequest OfRows(int rows) => GrpcCalls.Call("digits").Floats("input", [rows, 64], new float[rows * 64]);

    private static async Task AssertRefusedAsync(Func<Task> call)
    {
        RpcException failure = (await Assert.ThrowsAsync<RpcException>(call))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.ResourceExhausted), failure.Status.Detail);
    }

    private GrpcChannel Compressing() => GrpcChannel.ForAddress(_host.Address, new GrpcChannelOptions
    {
        CompressionProviders = [new GzipCompressionProvider(CompressionLevel.Fastest), new DeflateCompressionProvider(CompressionLevel.Fastest)],
    });
}
