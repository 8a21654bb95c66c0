using Grpc.Core;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

internal sealed class GrpcStreamTests
{
    private GrpcHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.OfReferencesAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task A_stream_answers_in_order_and_survives_a_bad_call()
    {
        const int Calls = 300;
        const int BadCall = 150;
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _host.Client.ModelStreamInfer();
        Task sending = SendAsync();

        List<ModelStreamInferResponse> answers = [];
        await foreach (ModelStreamInferResponse answer in stream.ResponseStream.ReadAllAsync())
            answers.Add(answer);
        await sending;

        Assert.That(answers.Select(static answer => answer.InferResponse.Id), Is.EqualTo(Enumerable.Range(0, Calls).Select(static i => $"{i}")));
        Assert.That(answers.Select(static answer => answer.InferResponse.Parameters["triton_final_response"].BoolParam), Is.All.True);
        Assert.That(answers[BadCall].ErrorMessage, Does.Contain("no input 'wrong'"));
        answers.RemoveAt(BadCall);
        foreach (ModelStreamInferResponse answer in answers)
        {
            Assert.That(answer.ErrorMessage, Is.Empty);
            Assert.That(answer.InferResponse.Numbers("OUTPUT0"), Is.All.EqualTo(2 * int.Parse(answer.InferResponse.Id, System.Globalization.CultureInfo.InvariantCulture)));
        }

        async Task SendAsync()
        {
            for (int i = 0; i < Calls; i++)
            {
                int[] values = [.. Enumerable.Repeat(i, 16)];
                ModelInferRequest call = GrpcCalls.Call("simple").Raw<int>("INPUT0", "INT32", [1, 16], values).Raw<int>(i == BadCall ? "wrong" : "INPUT1", "INT32", [1, 16], values);
                call.Id = $"{i}";
                await stream.RequestStream.WriteAsync(call);
            }

            await stream.RequestStream.CompleteAsync();
        }
    }

    [Test]
    public async Task A_stream_without_calls_ends_well()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _host.Client.ModelStreamInfer();

        await stream.RequestStream.CompleteAsync();

        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.False);
        Assert.That(stream.GetStatus().StatusCode, Is.EqualTo(StatusCode.OK));
    }

    [Test]
    public async Task Answers_arrive_while_the_stream_is_open()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _host.Client.ModelStreamInfer();

        for (int i = 0; i < 3; i++)
        {
            await stream.RequestStream.WriteAsync(GrpcCalls.Call("digits").Floats("input", [1, 64], new float[64]));
            Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.True);
            Assert.That(stream.ResponseStream.Current.InferResponse.Outputs, Has.Count.EqualTo(2));
        }
    }

    [Test]
    public async Task A_host_that_stops_ends_open_streams()
    {
        await using GrpcHost host = await GrpcHost.OfReferencesAsync();
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = host.Client.ModelStreamInfer();
        await stream.RequestStream.WriteAsync(GrpcCalls.Call("digits").Floats("input", [1, 64], new float[64]));
        Assert.That(await stream.ResponseStream.MoveNext(CancellationToken.None), Is.True);

        // A client that reads only after the connection is closed may find that, and not how its call ended.
        Task<bool> next = stream.ResponseStream.MoveNext(CancellationToken.None);
        Task stopping = host.StopAsync();

        RpcException failure = (await Assert.ThrowsAsync<RpcException>(() => next))!;
        Assert.That(failure.StatusCode, Is.EqualTo(StatusCode.Unavailable));
        await stopping;
    }
}
