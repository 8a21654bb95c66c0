using System.Text.Json;

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class RolloutTests
{
    /// <summary>Version 1 has a held-out accuracy of 0.87, version 2 of 0.98.</summary>
    [Test]
    public async Task A_weaker_model_of_digits_is_rolled_back_by_its_error_rate()
    {
        const int MostCalls = 50_000;
        using var strong = new FileModelSource(Reference.Path("digits/2/model.onnx"));
        using var weak = new FileModelSource(Reference.Path("digits/1/model.onnx"));
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }.AddModel<ReadOnlyMemory<float>, float[]>("digits", m => m
            .FromSource(strong)
            .Canary(weak, c =>
            {
                c.Share = 0.2;
                c.NonInferiority("error_rate", margin: 0.02);
            })));
        await server.StartAsync();
        ReferenceTensor pixels = Reference.Rows("digits/2").Inputs[0];
        using JsonDocument document = JsonDocument.Parse(Reference.Bytes("digits/2/reference.json"));
        double[] labels = [.. document.RootElement.GetProperty("labels").EnumerateArray().Select(static label => label.GetDouble())];
        float[][] rows = [.. Enumerable.Range(0, pixels.Rows).Select(row => pixels.Row(row).ToArray().Select(static pixel => (float)pixel).ToArray())];
        IPredictor<ReadOnlyMemory<float>, float[]> predictor = server.GetPredictor<ReadOnlyMemory<float>, float[]>("digits");
        ServedModel model = server.Get("digits");
        Rollout rollout = model.Rollout!;

        // Looked at here as well, because the rollout's own looks come by the clock and a fast machine is far ahead of them.
        int calls = 0, candidateCalls = 0;
        for (; calls < MostCalls && rollout.State == RolloutState.Running && (calls % 100 != 0 || rollout.Evaluate()?.Verdict != RolloutVerdict.Rollback); calls++)
        {
            int row = calls * 7919 % rows.Length;
            Prediction<float[]> p = await predictor.PredictAsync(rows[row], new PredictionOptions { RoutingKey = $"user-{calls}" });
            model.RecordOutcome(p.Id, labels[row]);
            candidateCalls += p.Variant == "candidate" ? 1 : 0;
        }

        Assert.That(() => rollout.Record!.State, Is.EqualTo(RolloutState.RolledBack).After(30_000, 5), $"after {calls} calls");
        TestContext.Out.WriteLine($"rolled back after {candidateCalls} keys of the candidate, {calls} in all: {rollout.Record!.Reason}");
        Assert.That(rollout.Record.Reason, Does.StartWith("'error_rate' is"));
        Assert.That(candidateCalls, Is.LessThan(5000));
    }

    [Test]
    public async Task In_the_shadow_the_weaker_model_agrees_on_most_digits()
    {
        using var strong = new FileModelSource(Reference.Path("digits/2/model.onnx"));
        using var weak = new FileModelSource(Reference.Path("digits/1/model.onnx"));
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel<ReadOnlyMemory<float>, float[]>("digits", m => m.FromSource(strong).Shadow(weak)));
        await server.StartAsync();
        ReferenceRows rows = Reference.Rows("digits/2"), others = Reference.Rows("digits/1");
        float[] pixels = [.. rows.Inputs[0].Data.Select(static pixel => (float)pixel)];
        TensorRequest request = new TensorRequest().AddInput(rows.Inputs[0].Name, [200, 64], pixels);

        (await server.Get("digits").InferAsync(request)).Dispose();

        Assert.That(() => server.Get("digits").Shadow!.Verdict?.Rows, Is.EqualTo(200L).After(30_000, 5));
        int agreed = Enumerable.Range(0, 200).Count(row => Largest(rows.Outputs[0].Row(row)) == Largest(others.Outputs[0].Row(row)));
        Assert.That(server.Get("digits").Shadow!.Verdict!.Agreement, Is.EqualTo(agreed / 200.0).Within(1e-12), "as scikit-learn's outputs do");

        static int Largest(ReadOnlySpan<double> values)
        {
            int largest = 0;
            for (int i = 1; i < values.Length; i++)
                largest = values[i] > values[largest] ? i : largest;
            return largest;
        }
    }
}
