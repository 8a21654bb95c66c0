// given: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingWithoutContainer;

/// <summary>Serving without a container.</summary>
[TestFixture]
public sealed class ServingWithoutContainerExample : ReadmeExample
{
    [Test]
    public async Task The_model_answers()
    {
        // given: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);
        // given: end

        // readme: begin
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("ridership", m => m.FromFile("ridership.onnx")));
        await server.StartAsync();
        Prediction<float> p = await server.GetPredictor<ReadOnlyMemory<float>, float>("ridership").PredictAsync(new float[] { 10, 1 });
        // readme: end

        Assert.That(p.Value, Is.EqualTo(11.5f));
    }
}
