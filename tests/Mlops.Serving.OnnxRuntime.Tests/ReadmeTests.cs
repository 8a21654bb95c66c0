using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime.Tests;

public sealed class ReadmeTests
{
    private string _path = "";

    [SetUp]
    public void WriteModel()
    {
        _path = Path.Combine(Directory.CreateTempSubdirectory("mlops-readme-").FullName, "ridership.onnx");
        using FileStream file = File.Create(_path);
        OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Test]
    public async Task The_example_of_the_serving_package_prints_what_it_shows()
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddMlopsServing()
            .UseOnnxRuntime()
            .AddModel<Ride>("ridership", m => m
                .FromFile(_path)
                .Feature(r => r.Lag7)
                .Feature(r => r.IsWorkday ? 1 : 0, "is_workday"));
        using IHost host = builder.Build();
        await host.StartAsync();

        var predictor = host.Services.GetRequiredService<IPredictor<Ride, float>>();
        Prediction<float> prediction = await predictor.PredictAsync(new Ride(Lag7: 10, IsWorkday: true));

        Assert.That($"{prediction.Value} by version {prediction.Version}", Is.EqualTo("11.5 by version 1 (6a06a860)"));
        await host.StopAsync();
    }

    [Test]
    public async Task The_example_of_this_package_prints_what_it_shows()
    {
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel("linear", m => m.FromFile(_path)));
        await server.StartAsync();

        var predictor = server.GetPredictor<ReadOnlyMemory<float>, float>("linear");
        Prediction<float> prediction = await predictor.PredictAsync(new float[] { 10, 1 });

        Assert.That($"{prediction.Value} from {server.Get("linear").Signature}", Is.EqualTo("11.5 from (features: float32[-1,2]) -> (prediction: float32[-1,1])"));
    }

    private sealed record Ride(float Lag7, bool IsWorkday);
}
