// readme: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// readme: end

namespace Mlops.Tests.Readme.Serving;

/// <summary>The first example of Mlops.Serving.</summary>
[TestFixture]
public sealed class ServingExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        string[] args = [];

        // readme: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);

        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddMlopsServing()
            .UseOnnxRuntime()
            .AddModel<Ride>("ridership", m => m
                .FromFile("ridership.onnx")                 // replaced on disk, it is replaced in service
                .Feature(r => r.Lag7)
                .Feature(r => r.IsWorkday ? 1 : 0, "is_workday"));

        using IHost host = builder.Build();
        await host.StartAsync();

        var predictor = host.Services.GetRequiredService<IPredictor<Ride, float>>();
        Prediction<float> prediction = await predictor.PredictAsync(new Ride(Lag7: 10, IsWorkday: true));
        Console.WriteLine($"{prediction.Value} by version {prediction.Version}");
        // readme: end

        AssertShownIn("src/Mlops.Serving/README.md");
        await host.StopAsync();
    }
}

// readme: begin
record Ride(float Lag7, bool IsWorkday);
// readme: end
