// readme: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;
// readme: end
// given: begin
using Mlops.Onnx;
// given: end

namespace Mlops.Tests.Readme.Bridges;

/// <summary>The bridges between the features in one host.</summary>
[TestFixture]
public sealed class BridgesExample : ReadmeExample
{
    [Test]
    public async Task Trials_become_runs_and_the_champion_is_served()
    {
        string[] args = []; // a program has its own
        // given: begin
        await using (var database = new SqliteDatabase("Data Source=mlops.db"))
        {
            var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
            await using var registry = new ModelRegistry(database, artifacts);
            using var model = new MemoryStream();
            OnnxLinearRegression.Write(model, weights: [0.8, 1.5], bias: 2.0);
            model.Position = 0;
            ModelVersion version = await registry.RegisterAsync("ridership", model);
            await registry.SetAliasAsync("ridership", "champion", version.Number, Expected.None);
        }
        // given: end

        // readme: begin
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsTracking();
        builder.Services.AddMlopsRegistry();
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModel<Ride>("ridership", m => m
            .FromRegistry("ridership@champion")                                                 // follows the alias
            .Features(2, (ride, columns) => { columns[0] = ride.Lag; columns[1] = ride.Weekday; })
            .MonitoredBy("rides", ServedRide.Of));                                              // every prediction is a row of the monitor
        builder.Services.AddMlopsDrift().AddMonitor("rides", ServedRide.Schema, m => m
            .ReferenceFromServedModel("ridership"));                                            // a new version brings its own reference
        builder.Services.AddMlopsOrchestration().AddPipeline<Retrain>(p => p
            .OnDrift("rides", alert => alert.At));                                              // a run per alert
        builder.Services.AddMlopsTuning();
        builder.Services.AddMlops();                                                            // trials become runs

        using IHost host = builder.Build();
        await host.StartAsync();
        // readme: end

        var predictor = host.Services.GetRequiredService<IPredictor<Ride, float>>();
        Assert.That((await predictor.PredictAsync(new Ride(10, 1))).Value, Is.EqualTo(11.5f));
        MonitorStatus watched = host.Services.GetRequiredKeyedService<DriftMonitor<ServedRide>>("rides").Status;
        Assert.That((watched.Rows, watched.ModelVersion), Is.EqualTo((1L, host.Services.GetRequiredService<ModelServer>().Get("ridership").Version!.Digest)));

        Study study = await host.Services.GetRequiredService<Studies>().OpenAsync("parabola", Direction.Minimize);
        await study.OptimizeAsync(static (trial, _) => Task.FromResult(trial.SuggestDouble("x", 0, 1)), new() { TotalTrials = 3 });
        Assert.That((await host.Services.GetRequiredService<Tracker>().ListRunsAsync("parabola")).Runs, Has.Count.EqualTo(3));
        await host.StopAsync();
    }
}

// readme: begin
record Ride(float Lag, float Weekday);

record ServedRide(Ride Ride, PredictionKey Id, string Version, double Predicted)
{
    public static readonly DriftSchema<ServedRide> Schema = DriftSchema.For<ServedRide>(static s => s
        .Id(static r => r.Id).ModelVersion(static r => r.Version).Numeric(static r => r.Ride.Lag, "lag").Prediction(static r => r.Predicted));

    public static ServedRide Of(Ride ride, Prediction<float> prediction) => new(ride, prediction.Id.ToPredictionKey(), prediction.Version.Digest, prediction.Value);
}

class Retrain : IPipelineDefinition<DateTimeOffset>
{
    public void Define(PipelineBuilder<DateTimeOffset> p) => p.Step("year", static context => Task.FromResult(context.Parameters.Year));
}
// readme: end
