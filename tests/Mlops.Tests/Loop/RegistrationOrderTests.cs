using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Serving;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops.Tests.Loop;

/// <summary>The bridges hold in whatever order the features were added.</summary>
public sealed class RegistrationOrderTests
{
    private const int Features = 8;
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-order-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    /// <summary>Every feature is once before and once after every other one, and each is first and last once.</summary>
    private static IEnumerable<int[]> Orders()
    {
        for (int first = 0; first < Features; first++)
        {
            yield return [.. Enumerable.Range(first, Features).Select(static i => i % Features)];
            yield return [.. Enumerable.Range(first, Features).Select(static i => i % Features).Reverse()];
        }
    }

    [TestCaseSource(nameof(Orders))]
    public async Task Bridges_hold_in_every_order(int[] order)
    {
        IReadOnlyList<Action<IServiceCollection>> registrations =
            LoopHost.Registrations(storage => storage.UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}"));
        Assert.That(registrations, Has.Count.EqualTo(Features));
        using IHost host = await LoopHost.StartAsync(order.Select(i => registrations[i]));

        Study study = await host.Services.GetRequiredService<Studies>().OpenAsync(LoopHost.Study, Direction.Minimize);
        await study.OptimizeAsync(static (trial, _) => Task.FromResult(trial.SuggestDouble("weight", 0, 2)), new() { TotalTrials = 2 });
        Assert.That((await host.Services.GetRequiredService<Tracker>().ListRunsAsync(LoopHost.Study)).Runs, Has.Count.EqualTo(2));

        await host.Services.GetRequiredService<Training>().PromoteAsync(2, meanLag: 10, runId: null, "first", CancellationToken.None);
        ServedVersion serving = await host.Services.GetRequiredService<ModelServer>().Get(LoopHost.Model).ReloadAsync();
        Assert.That((await host.Services.GetRequiredService<IPredictor<Ride, float>>().PredictAsync(new Ride(4))).Value, Is.EqualTo(8f));
        MonitorStatus watched = host.Services.GetRequiredKeyedService<DriftMonitor<ServedRide>>(LoopHost.Monitor).Status;
        Assert.That((watched.ModelVersion, watched.Rows), Is.EqualTo((serving.Digest, 1L)));
        await host.StopAsync();
    }
}
