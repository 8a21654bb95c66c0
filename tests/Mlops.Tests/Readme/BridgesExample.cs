// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops;
using Mlops.Drift;
using Mlops.Onnx;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;
// given: end

namespace Mlops.Tests.Readme.Bridges;

/// <summary>The bridges between the features in one host.</summary>
[TestFixture]
public sealed class BridgesExample : ReadmeExample
{
    [Test]
    public async Task Trials_become_runs_and_the_champion_is_served()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        DriftSchema<Ride> schema = DriftSchema.For<Ride>(static s => s.Numeric(static r => r.Lag));
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
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsTracking();
        builder.Services.AddMlopsRegistry();
        builder.Services.AddMlopsServing().UseOnnxRuntime().AddModel("ridership", m => m.FromRegistry("ridership@champion"));   // follows the alias
        builder.Services.AddMlopsDrift().AddMonitor("ridership", schema, m => m.Window(rows: 2_000));
        builder.Services.AddMlopsOrchestration().AddPipeline<Retrain>(p => p.OnDrift("ridership", alert => alert.At));      // a run per alert
        builder.Services.AddMlopsTuning();
        builder.Services.AddMlops();                                                                                             // trials become runs
        // readme: end

        // given: begin
        using IHost host = builder.Build();
        await host.StartAsync();
        // given: end
        var predictor = host.Services.GetRequiredKeyedService<IPredictor<ReadOnlyMemory<float>, float>>("ridership");
        Assert.That((await predictor.PredictAsync(new float[] { 10, 1 })).Value, Is.EqualTo(11.5f));

        Study study = await host.Services.GetRequiredService<Studies>().OpenAsync("parabola", Direction.Minimize);
        await study.OptimizeAsync(static (trial, _) => Task.FromResult(trial.SuggestDouble("x", 0, 1)), new() { TotalTrials = 3 });
        Assert.That((await host.Services.GetRequiredService<Tracker>().ListRunsAsync("parabola")).Runs, Has.Count.EqualTo(3));
        await host.StopAsync();
    }
}

// given: begin
internal sealed record Ride(double Lag);

internal sealed class Retrain : IPipelineDefinition<DateTimeOffset>
{
    public void Define(PipelineBuilder<DateTimeOffset> p) => p.Step("year", static context => Task.FromResult(context.Parameters.Year));
}
// given: end
