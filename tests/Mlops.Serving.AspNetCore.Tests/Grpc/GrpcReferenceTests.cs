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

    private async Task AssertRowsAsync(string model, ReferenceRows reference, int first, int rows, bool isRaw)
    {
        ReferenceTensor input = reference.Inputs[0];
        float[] values = [.. input.Take(first, rows).Select(static value => (float)value)];
        string[] parts = model.Split('/');

        ModelInferResponse answer = await _host.Client.ModelInferAsync(GrpcCalls.Call(parts[0], parts[1]).Floats(input.Name, input.ShapeOf(rows), values, isRaw));

        Assert.That(answer.ModelVersion, Is.EqualTo(parts[1]));
        Assert.That(answer.RawOutputContents, Has.Count.EqualTo(isRaw ? reference.Outputs.Length : 0));
        foreach (ReferenceTensor expected in reference.Outputs)
        {
            double[] actual = answer.Numbers(expected.Name);
            Assert.That(actual, Has.Length.EqualTo(rows * expected.Width));
            reference.AssertClose(expected, actual, first);
        }
    }
}
