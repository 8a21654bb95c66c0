// given: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingManyCallers;

/// <summary>Deadlines, priorities and shared runs.</summary>
[TestFixture]
public sealed class ServingManyCallersExample : ReadmeExample
{
    [Test]
    public async Task Several_rows_are_answered()
    {
        // given: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);
        // given: end

        // readme: begin
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("ridership", m => m.FromFile("ridership.onnx").Configure(o =>
            {
                o.Timeout = TimeSpan.FromSeconds(2);
                o.Batching.MaximumRows = 128;
            })));
        await server.StartAsync();

        TensorRequest request = new TensorRequest().AddInput("features", shape: [2, 2], values: [10, 1, 20, 0]);
        using TensorResponse response = await server.Get("ridership").InferAsync(request, new PredictionOptions { Priority = PredictionPriority.High });
        float[] predictions = response["prediction"].Get<float>().ToArray();
        // readme: end

        Assert.That(predictions, Is.EqualTo(new[] { 11.5f, 18f }).Within(1e-5));
    }
}
