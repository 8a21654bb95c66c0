// readme: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// readme: end

namespace Mlops.Tests.Readme.ServingOnnxRuntime;

/// <summary>The first example of Mlops.Serving.OnnxRuntime.</summary>
[TestFixture]
public sealed class ServingOnnxRuntimeExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        using (FileStream file = File.Create("linear.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);

        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("linear", m => m.FromFile("linear.onnx")));
        await server.StartAsync();

        var predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("linear");
        Prediction<float> prediction = await predictor.PredictAsync(new float[] { 10, 1 });
        Console.WriteLine($"{prediction.Value} from {server.Get("linear").Signature}");
        // readme: end

        AssertShownIn("src/Mlops.Serving.OnnxRuntime/README.md");
    }
}
