// given: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingFolder;

/// <summary>A folder of models.</summary>
[TestFixture]
public sealed class ServingFolderExample : ReadmeExample
{
    [Test]
    public async Task Its_models_answer()
    {
        // given: begin
        Directory.CreateDirectory("models/ridership/1");
        using (FileStream file = File.Create("models/ridership/1/model.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);
        // given: end

        // readme: begin
        await ModelFolderManifest.WriteAsync("models");          // after copying models/ridership/1/model.onnx

        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModelFolder("models"));                          // in a host: AddMlopsServing().UseOnnxRuntime().AddModelFolder("models")
        await server.StartAsync();

        TensorRequest request = new TensorRequest().AddInput("features", [2, 2], [10, 1, 20, 0]);
        using TensorResponse response = await server.Get("ridership").InferAsync(request);
        float[] answers = response["prediction"].Get<float>().ToArray();
        // readme: end

        Assert.That(answers, Is.EqualTo(new[] { 11.5f, 18f }).Within(1e-5));
    }
}
