// given: begin
using Mlops.Onnx;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
// given: end

namespace Mlops.Tests.Readme.ServingRollout;

/// <summary>A canary.</summary>
[TestFixture]
public sealed class ServingRolloutExample : ReadmeExample
{
    [Test]
    public async Task It_is_compared_and_promoted()
    {
        // given: begin
        using (FileStream file = File.Create("ridership.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0);
        using (FileStream file = File.Create("ridership-next.onnx"))
            OnnxLinearRegression.Write(file, weights: [0.9, 1.5], bias: 1.5);
        // given: end

        // readme: begin
        using var next = new FileModelSource("ridership-next.onnx");
        await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new OnnxModelRuntime() }
            .AddModel<Ride>("ridership", m => m
                .FromFile("ridership.onnx").Features(2, (ride, columns) => (columns[0], columns[1]) = (ride.Lag7, ride.IsWorkday ? 1 : 0))
                .Canary(next, c =>                                  // or AbTest, BlueGreen, Shadow
                {
                    c.Share = 0.05;                                 // of the users
                    c.NonInferiority("mae", margin: 0.02, limit: 10);
                })
                .StickyBy(ride => ride.User)));                     // or PredictionOptions.RoutingKey per call
        await server.StartAsync();

        Prediction<float> p = await server.GetPredictor<Ride, float>("ridership").PredictAsync(new Ride("ann", Lag7: 10, IsWorkday: true));
        server.Get("ridership").RecordOutcome(p.Id, 11.9);

        RolloutEvaluation? figures = server.Get("ridership").Rollout!.Evaluate();    // Promote, Hold or Rollback, and why
        await server.Get("ridership").Rollout!.PromoteAsync("figures and a look at the errors");
        // readme: end

        Assert.That(figures!.Verdict, Is.EqualTo(RolloutVerdict.Hold));
        Assert.That(figures.Metrics.Select(static metric => metric.Name), Is.EqualTo(new[] { "errors", "time", "mae" }));
        Prediction<float> promoted = await server.GetPredictor<Ride, float>("ridership").PredictAsync(new Ride("ann", Lag7: 10, IsWorkday: true));
        Assert.That(promoted.Value, Is.EqualTo(12f).Within(1e-5));
    }
}

// given: begin
internal sealed record Ride(string User, float Lag7, bool IsWorkday);
// given: end
