using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
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

namespace Mlops.Aot.Tests;

/// <summary>Every feature registered in one host: options bound from configuration, trials that become runs, a registered version that is served and watched.</summary>
internal sealed class FamilyInOneHost(string folder)
{
    private readonly string _connection = $"Data Source={Path.Combine(folder, "family.db")}";

    public async Task<bool> RunAsync()
    {
        await RegisterChampionAsync();

        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Mlops:Tracking:BufferCapacity", "4321"), new("Mlops:Drift:rides:WindowRows", "500"), new("Mlops:Serving:PredictionLog:Features:0", "1")]);
        DriftSchema<Ride> schema = DriftSchema.For<Ride>(s => s.Numeric(r => r.Lag).Categorical(r => r.Station));
        ReferenceProfile reference = ReferenceProfile.Build(schema, Rides(2_000, shift: 0));
        builder.Services.AddMlopsStorage().UseSqlite(_connection);
        builder.Services.AddMlopsTracking();
        builder.Services.AddMlopsRegistry();
        builder.Services.AddMlopsDrift().AddMonitor("rides", schema);
        builder.Services.AddMlopsServing().UseOnnxRuntime().UseDatabasePredictionLog().AddModel("rides", m => m.FromRegistry("rides@champion"));
        builder.Services.AddMlopsOrchestration().AddPipeline<Squares>();
        builder.Services.AddMlopsTuning();
        builder.Services.AddMlops();

        using IHost host = builder.Build();
        await host.StartAsync();
        bool passed = OptionsAreBound(host.Services)
            & await TrialsBecomeRunsAsync(host.Services)
            & await ChampionIsServedAsync(host.Services)
            & await PredictionsAreLoggedAsync(host.Services)
            & await DriftIsSeenAsync(host.Services, reference)
            & await PipelineRunsAsync(host.Services);
        await host.StopAsync();
        return passed;
    }

    private async Task RegisterChampionAsync()
    {
        await using var database = new SqliteDatabase(_connection);
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using var registry = new ModelRegistry(database, artifacts);
        using var model = new MemoryStream();
        OnnxLinearRegression.Write(model, weights: [2.0, -1.0], bias: 0.5);
        model.Position = 0;
        ModelVersion version = await registry.RegisterAsync("rides", model);
        await registry.SetAliasAsync("rides", "champion", version.Number, Expected.None);
    }

    private static bool OptionsAreBound(IServiceProvider services) => Part(
        "options bound from configuration",
        services.GetRequiredService<IOptions<TrackingOptions>>().Value.BufferCapacity == 4_321
        && services.GetRequiredService<IOptionsMonitor<DriftMonitorOptions>>().Get("rides").WindowRows == 500);

    private static async Task<bool> TrialsBecomeRunsAsync(IServiceProvider services)
    {
        Study study = await services.GetRequiredService<Studies>().OpenAsync("parabola", Direction.Minimize);
        await study.OptimizeAsync(
            static (trial, _) => Task.FromResult(Math.Pow(trial.SuggestDouble("x", -10, 10), 2)),
            new() { TotalTrials = 8 });
        TrialRecord? best = await study.FindBestAsync();
        RunPage runs = await services.GetRequiredService<Tracker>().ListRunsAsync("parabola", new() { Order = RunOrder.ByMetric("value") });
        return Part("trials become runs", runs.Runs.Count == 8 && runs.Runs[0].Metrics["value"].Value == best!.Value);
    }

    private static async Task<bool> ChampionIsServedAsync(IServiceProvider services)
    {
        var predictor = services.GetRequiredKeyedService<IPredictor<ReadOnlyMemory<float>, float>>("rides");
        Prediction<float> prediction = await predictor.PredictAsync(new float[] { 3, 4 });
        return Part("the registered champion is served", prediction.Value == 2.5f);
    }

    private static async Task<bool> PredictionsAreLoggedAsync(IServiceProvider services)
    {
        ServedModel model = services.GetRequiredService<ModelServer>().Get("rides");
        using var scored = new MemoryStream();
        ScoringProgress whole = await model.ScoreCsvAsync(new MemoryStream("lag,rain\n3,4\n5,x\n"u8.ToArray()), scored);
        PredictionLog log = services.GetRequiredService<PredictionLog>();
        await log.FlushAsync();
        LoggedPrediction newest = (await log.ListAsync(new PredictionLogQuery { Model = "rides" }))[0];
        model.RecordOutcome(newest.Id, 7);
        await log.FlushAsync();
        newest = (await log.ListAsync(new PredictionLogQuery { Model = "rides", OnlyWithOutcome = true })).Single();
        return Part("predictions are scored and logged", whole == new ScoringProgress(2, 1) && newest is { Outcome: 7, Features: [4], FeatureNames: ["1"], Outputs: [2.5f] });
    }

    private static async Task<bool> DriftIsSeenAsync(IServiceProvider services, ReferenceProfile reference)
    {
        var monitor = services.GetRequiredKeyedService<DriftMonitor<Ride>>("rides");
        monitor.Activate("1", reference);
        foreach (Ride ride in Rides(500, shift: 3))
            monitor.Observe(ride);
        DriftReport report = await monitor.EvaluateAsync();
        return Part("drift is seen", report.Verdict == DriftVerdict.Drift && report.ToJson().Contains("Lag", StringComparison.Ordinal));
    }

    private static async Task<bool> PipelineRunsAsync(IServiceProvider services)
    {
        Pipelines pipelines = services.GetRequiredService<Pipelines>();
        PipelineRun run = await pipelines.StartAsync<Squares, int>(10);
        run = await pipelines.WaitAsync(run.Id);
        return Part("a hosted pipeline runs", run.State == PipelineRunState.Succeeded);
    }

    private static bool Part(string name, bool passed)
    {
        if (!passed)
            Console.WriteLine($"  not so: {name}");
        return passed;
    }

    private static IEnumerable<Ride> Rides(int count, double shift) => Enumerable.Range(0, count)
        .Select(i => new Ride((i * 0.618_033_988_749_895 % 1 * 10) + shift, i % 3 == 0 ? "Clark/Lake" : "O'Hare"));

    internal sealed record Ride(double Lag, string Station);
}
