using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Storage;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops.Tests.Loop;

/// <summary>The smallest whole loop, in one host over a real database: trial, run, version, prediction, drift, pipeline, version.</summary>
public abstract class LoopSuite
{
    private const double UsualLag = 10;
    private string _folder = "";

    protected abstract void Use(IMlopsStorageBuilder storage, string folder);

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-loop-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_loop_closes_and_every_arrow_can_be_asked_for()
    {
        using IHost host = await LoopHost.StartAsync(LoopHost.Registrations(storage => Use(storage, _folder)));
        IServiceProvider services = host.Services;
        ModelRegistry registry = services.GetRequiredService<ModelRegistry>();
        ServedModel served = services.GetRequiredService<ModelServer>().Get(LoopHost.Model);
        var monitor = services.GetRequiredKeyedService<DriftMonitor<ServedRide>>(LoopHost.Monitor);

        // Trials become runs.
        Study study = await services.GetRequiredService<Studies>().OpenAsync(LoopHost.Study, Direction.Minimize);
        await study.OptimizeAsync(static (trial, _) => Task.FromResult(Math.Abs(trial.SuggestDouble("weight", 0, 2) - 1)), new() { TotalTrials = 5 });
        TrialRecord best = (await study.FindBestAsync())!;
        RunPage runs = await services.GetRequiredService<Tracker>().ListRunsAsync(LoopHost.Study, new() { Order = RunOrder.ByMetric("value") });
        Assert.That(runs.Runs, Has.Count.EqualTo(5));
        Assert.That(runs.Runs[0].Tags[TrialRuns.TrialTag], Is.EqualTo(best.Number.ToString(System.Globalization.CultureInfo.InvariantCulture)));

        // The best run's model becomes a version, its alias decides what is served, and the served version is what the monitor watches.
        string runId = runs.Runs[0].Id;
        await services.GetRequiredService<Training>().PromoteAsync(best.Get<double>("weight"), UsualLag, runId, "first", CancellationToken.None);
        ServedVersion first = await served.ReloadAsync();
        Assert.That(monitor.Status.ModelVersion, Is.EqualTo(first.Digest));

        // Predictions feed the monitor; usual rows are no drift.
        Prediction<float> usual = await PredictAsync(services, UsualLag);
        DriftReport calm = await monitor.EvaluateAsync();
        Assert.That((calm.Verdict, calm.Rows, calm.ModelVersion), Is.EqualTo((DriftVerdict.NoDrift, 500, first.Digest)));

        // What really happened reaches the monitor by the prediction's id.
        served.RecordOutcome(usual.Id, 9);
        await monitor.EvaluateAsync();
        Assert.That(monitor.Status.Labels.Joined, Is.EqualTo(1));

        // Shifted rows are, and the alarm starts the pipeline, which promotes the next version.
        await PredictAsync(services, Retrain.ShiftedLag);
        DriftReport alarm = await monitor.EvaluateAsync();
        Assert.That(alarm.Verdict, Is.EqualTo(DriftVerdict.Drift));
        Pipelines pipelines = services.GetRequiredService<Pipelines>();
        PipelineRun run = (await pipelines.ListRunsAsync(nameof(Retrain), take: 10)).Single();
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
        int promoted = await run.GetResultAsync<int>("promote");

        // The promotion switches the reference, so that the alarm clears and the rows that were drift are usual now.
        ServedVersion second = await served.ReloadAsync();
        Assert.That(((int)second.Number, monitor.Status.ModelVersion), Is.EqualTo((promoted, second.Digest)));
        Assert.That(monitor.Status.ActiveAlerts, Is.Empty);
        await PredictAsync(services, Retrain.ShiftedLag);
        Assert.That((await monitor.EvaluateAsync()).Verdict, Is.EqualTo(DriftVerdict.NoDrift));
        Assert.That(await pipelines.ListRunsAsync(nameof(Retrain), take: 10), Has.Count.EqualTo(1));

        // Lineage: behind a prediction stand a version, a run with its parameters, and the alias history.
        ModelVersion behind = await registry.GetAsync(ModelReference.ToVersion(LoopHost.Model, (int)usual.Version.Number));
        Assert.That((behind.Hash.ToString(), behind.RunId), Is.EqualTo((usual.Version.Digest, runId)));
        RunRecord tracked = await services.GetRequiredService<Tracker>().GetRunAsync(behind.RunId!);
        Assert.That(tracked.Parameters, Does.ContainKey("weight"));
        await host.StopAsync();
    }

    [Test]
    public async Task A_restarted_host_watches_the_version_that_serves_though_its_stored_state_names_an_older_one()
    {
        using (IHost host = await LoopHost.StartAsync(LoopHost.Registrations(storage => Use(storage, _folder))))
        {
            await PromoteAndReloadAsync(host, weight: 1, "first");
            await PredictAsync(host.Services, UsualLag);
            await host.StopAsync(); // Stores the monitor's state.
        }

        // Meanwhile a process that only trains promotes the next version.
        using (IHost trainer = await LoopHost.StartAsync(
            [services => Use(services.AddMlopsStorage(), _folder), static services => services.AddMlopsRegistry(), static services => services.AddMlopsDrift()]))
        {
            await trainer.Services.GetRequiredService<Training>().PromoteAsync(2, UsualLag, runId: null, "second", CancellationToken.None);
            await trainer.StopAsync();
        }

        using IHost restarted = await LoopHost.StartAsync(LoopHost.Registrations(storage => Use(storage, _folder)));
        var monitor = restarted.Services.GetRequiredKeyedService<DriftMonitor<ServedRide>>(LoopHost.Monitor);
        ServedVersion serving = restarted.Services.GetRequiredService<ModelServer>().Get(LoopHost.Model).Version!;
        Assert.That((serving.Number, monitor.Status.ModelVersion, monitor.Status.Rows), Is.EqualTo((2L, serving.Digest, 500L)));
        await restarted.StopAsync();
    }

    private static async Task PromoteAndReloadAsync(IHost host, double weight, string key)
    {
        await host.Services.GetRequiredService<Training>().PromoteAsync(weight, UsualLag, runId: null, key, CancellationToken.None);
        await host.Services.GetRequiredService<ModelServer>().Get(LoopHost.Model).ReloadAsync();
    }

    private static async Task<Prediction<float>> PredictAsync(IServiceProvider services, double meanLag)
    {
        IPredictor<Ride, float> predictor = services.GetRequiredService<IPredictor<Ride, float>>();
        Prediction<float> last = default;
        foreach (Ride ride in Training.Rides(meanLag, 500))
            last = await predictor.PredictAsync(ride);
        return last;
    }
}
