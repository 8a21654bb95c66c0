using Grpc.Core;
using Inference;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>Every reference model answers over gRPC as the framework that trained it did, in both forms of tensors.</summary>
internal sealed class GrpcReferenceTests
{
    private GrpcHost _host = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _host = await GrpcHost.OfReferencesAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _host.DisposeAsync();

    [Test]
    public async Task One_call_of_all_rows_gives_the_reference([ValueSource(typeof(Reference), nameof(Reference.Models))] string model, [Values] bool isRaw)
    {
        ReferenceRows reference = Reference.Rows(model);
        Assert.That(reference.Inputs[0].Rows, Is.EqualTo(200));

        await AssertRowsAsync(model, reference, 0, reference.Inputs[0].Rows, isRaw);
    }

    [Test]
    public async Task Concurrent_calls_of_one_row_give_the_reference([ValueSource(typeof(Reference), nameof(Reference.Models))] string model, [Values] bool isRaw)
    {
        ReferenceRows reference = Reference.Rows(model);

        await Task.WhenAll(Enumerable.Range(0, reference.Inputs[0].Rows).Select(row => AssertRowsAsync(model, reference, row, 1, isRaw)));
    }

    [Test]
    public async Task A_stream_of_calls_of_one_row_gives_the_reference([ValueSource(typeof(Reference), nameof(Reference.Models))] string model, [Values] bool isRaw)
    {
        ReferenceRows reference = Reference.Rows(model);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _host.Client.ModelStreamInfer();
        Task sending = SendAsync();

        int row = 0;
        await foreach (ModelStreamInferResponse answer in stream.ResponseStream.ReadAllAsync())
        {
            Assert.That(answer.ErrorMessage, Is.Empty);
            AssertRows(model, reference, row++, 1, isRaw, answer.InferResponse);
        }

        await sending;
        Assert.That(row, Is.EqualTo(reference.Inputs[0].Rows));

        async Task SendAsync()
        {
            for (int next = 0; next < reference.Inputs[0].Rows; next++)
                await stream.RequestStream.WriteAsync(Call(model, reference, next, 1, isRaw));

            await stream.RequestStream.CompleteAsync();
        }
    }

    private static ModelInferRequest Call(string model, ReferenceRows reference, int first, int rows, bool isRaw)
    {
        ReferenceTensor input = reference.Inputs[0];
        float[] values = [.. input.Take(first, rows).Select(static value => (float)value)];
        string[] parts = model.Split('/');
        return GrpcCalls.Call(parts[0], parts[1]).Floats(input.Name, input.ShapeOf(rows), values, isRaw);
    }

    private static void AssertRows(string model, ReferenceRows reference, int first, int rows, bool isRaw, ModelInferResponse answer)
    {
        Assert.That(answer.ModelVersion, Is.EqualTo(model.Split('/')[1]));
        Assert.That(answer.RawOutputContents, Has.Count.EqualTo(isRaw ? reference.Outputs.Length : 0));
        foreach (ReferenceTensor expected in reference.Outputs)
        {
            double[] actual = answer.Numbers(expected.Name);
            Assert.That(actual, Has.Length.EqualTo(rows * expected.Width));
            reference.AssertClose(expected, actual, first);
        }
    }

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows, bool isRaw) =>
        AssertRows(model, reference, first, rows, isRaw, await _host.Client.ModelInferAsync(Call(model, reference, first, rows, isRaw)));
}
