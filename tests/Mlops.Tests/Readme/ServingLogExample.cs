// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingLog;

/// <summary>Predictions that are kept with their outcomes.</summary>
[TestFixture]
public sealed class ServingLogExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        string[] args = [];

        // given: begin
        string secret = Convert.ToBase64String(new byte[32]);
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8], bias: 2.0);
        // given: end

        // readme: begin
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddMlopsServing()
            .UseOnnxRuntime()
            .AddPredictionLog(o =>
            {
                o.Features.Add("Lag7");                                              // an allow-list; nothing of the features by default
                o.RoutingKeySecret = Convert.FromBase64String(secret);               // keys are kept as HMAC-SHA-256, or not at all
                o.Retention = TimeSpan.FromDays(30);
            })
            .AddModel<Ride>("ridership", m => m.FromFile("ridership.onnx").Feature(r => r.Lag7));

        using IHost host = builder.Build();
        await host.StartAsync();
        var predictor = host.Services.GetRequiredService<IPredictor<Ride, float>>();
        Prediction<float> prediction = await predictor.PredictAsync(new Ride(Lag7: 10));
        host.Services.GetRequiredService<ModelServer>().Get("ridership").RecordOutcome(prediction.Id, 12);

        PredictionLog log = host.Services.GetRequiredService<PredictionLog>();
        await log.FlushAsync();                                                      // or a second later
        IReadOnlyList<LoggedPrediction> newest = await log.ListAsync(new PredictionLogQuery { Model = "ridership", OnlyWithOutcome = true });
        Console.WriteLine($"{newest[0].Features[0]}: predicted {newest[0].Outputs[0]}, happened {newest[0].Outcome}");
        await log.DeleteByRoutingKeyAsync("user-17");
        // readme: end

        AssertShownIn("src/Mlops.Serving/README.md");
        await host.StopAsync();
    }
}

// given: begin
record Ride(float Lag7);
// given: end
