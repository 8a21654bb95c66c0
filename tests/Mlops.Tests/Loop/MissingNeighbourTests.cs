using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;
using Mlops.Serving.OnnxRuntime;
using Mlops.Storage;
using Mlops.Storage.Conformance;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
using Mlops.Tuning;

namespace Mlops.Tests.Loop;

/// <summary>A bridge whose other end is missing stops the host at start and says what to call.</summary>
public sealed class MissingNeighbourTests
{
    [Test]
    public async Task A_monitor_that_follows_a_model_needs_serving()
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>(static services =>
            services.AddMlopsDrift().AddMonitor("rides", ServedRide.Schema, static m => m.ReferenceFromServedModel("ridership")));

        Assert.That(error.Message, Does.Contain("'rides'").And.Contain("AddMlopsServing().AddModel(\"ridership\""));
    }

    [Test]
    public async Task A_monitor_that_follows_a_model_needs_that_model()
    {
        ServedModelNotFoundException error = await StartAsync<ServedModelNotFoundException>(static services =>
        {
            services.AddMlopsDrift().AddMonitor("rides", ServedRide.Schema, static m => m.ReferenceFromServedModel("ridership"));
            services.AddMlopsServing().UseOnnxRuntime().AddModel("fares", static m => m.FromFile("fares.onnx"));
        });

        Assert.That(error.Message, Does.Contain("'ridership'").And.Contain("fares"));
    }

    [Test]
    public async Task A_monitored_model_needs_its_monitor()
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>(static services => services.AddMlopsServing().UseOnnxRuntime()
            .AddModel<Ride>("ridership", static m => m.FromFile("ridership.onnx").Features(1, static (_, _) => { }).MonitoredBy("rides", ServedRide.Of)));

        Assert.That(error.Message, Does.Contain("'ridership'").And.Contain("AddMonitor(\"rides\"").And.Contain(nameof(ServedRide)));
    }

    [Test]
    public async Task A_monitored_model_needs_a_monitor_of_its_rows()
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>(static services =>
        {
            services.AddMlopsDrift().AddMonitor("rides", DriftSchema.For<Ride>(static s => s.Numeric(static r => r.Lag)));
            services.AddMlopsServing().UseOnnxRuntime()
                .AddModel<Ride>("ridership", static m => m.FromFile("ridership.onnx").Features(1, static (_, _) => { }).MonitoredBy("rides", ServedRide.Of));
        });

        Assert.That(error.Message, Does.Contain(nameof(ServedRide)));
    }

    [Test]
    public async Task A_model_from_the_registry_needs_the_registry()
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>(static services =>
            services.AddMlopsServing().UseOnnxRuntime().AddModel("ridership", static m => m.FromRegistry("ridership@champion")));

        Assert.That(error.Message, Does.Contain("ridership@champion").And.Contain("AddMlopsRegistry()"));
    }

    [Test]
    public async Task A_pipeline_that_drift_starts_needs_that_monitor()
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>(static services =>
        {
            services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())}.db");
            services.AddMlopsRegistry();
            services.AddSingleton<Training>();
            services.AddMlopsDrift().AddMonitor("rides", ServedRide.Schema);
            services.AddMlopsOrchestration().AddPipeline<Retrain>(static p => p.OnDrift("riders", static alert => alert.Reason));
        });

        Assert.That(error.Message, Does.Contain("'riders'").And.Contain(nameof(Retrain)));
    }

    [Test]
    public async Task Features_that_store_artifacts_need_a_folder_for_them()
    {
        string connection = PostgreSqlServer.CreateDatabase();
        foreach (Action<IServiceCollection> register in (Action<IServiceCollection>[])
            [static s => s.AddMlopsTracking(), static s => s.AddMlopsRegistry(), static s => s.AddMlopsOrchestration()])
        {
            InvalidOperationException error = await StartAsync<InvalidOperationException>(services =>
            {
                services.AddMlopsStorage().UsePostgreSql(connection);
                register(services);
            });
            Assert.That(error.Message, Does.Contain("UseFileArtifacts"));
        }
    }

    [Test]
    public async Task A_container_without_configuration_and_logging_is_enough()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-bare-").FullName;
        var services = new ServiceCollection();
        services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(folder, "mlops.db")}");
        services.AddMlopsRegistry();
        services.AddMlopsOrchestration();
        services.AddMlopsServing().UseOnnxRuntime().AddModel("ridership", static m => m.FromRegistry("ridership@champion"));
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            Assert.That(await provider.GetRequiredService<ModelRegistry>().FindAsync("ridership@champion"), Is.Null);
            Assert.That(await provider.GetRequiredService<Pipelines>().ListRunsAsync("none", take: 1), Is.Empty);
            Assert.That(provider.GetRequiredService<ModelServer>().Models, Has.Count.EqualTo(1));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<TestCaseData> FeaturesThatStore()
    {
        yield return Case("Tracking", static services => services.AddMlopsTracking());
        yield return Case("Registry", static services => services.AddMlopsRegistry());
        yield return Case("Tuning", static services => services.AddMlopsTuning());
        yield return Case("Orchestration", static services => services.AddMlopsOrchestration().AddPipeline<Retrain>());
        yield return Case("a monitor that starts a pipeline", static services =>
        {
            services.AddMlopsDrift().AddMonitor("rides", ServedRide.Schema);
            services.AddMlopsOrchestration().AddPipeline<Retrain>(static p => p.OnDrift("rides", static alert => alert.Reason));
        });
        yield return Case("a model from the registry", static services =>
        {
            services.AddMlopsRegistry();
            services.AddMlopsServing().UseOnnxRuntime().AddModel("ridership", static m => m.FromRegistry("ridership@champion"));
        });

        static TestCaseData Case(string name, Action<IServiceCollection> register) => new TestCaseData(register).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(FeaturesThatStore))]
    public async Task A_feature_that_stores_needs_a_database_and_says_how_to_choose_one(object register)
    {
        InvalidOperationException error = await StartAsync<InvalidOperationException>((Action<IServiceCollection>)register);

        Assert.That(error.Message, Does.Contain("UseSqlite").And.Contain("UsePostgreSql"));
    }

    private static async Task<TException> StartAsync<TException>(Action<IServiceCollection> register)
        where TException : Exception
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        register(builder.Services);
        builder.Services.AddMlops();
        using IHost host = builder.Build();
        return (await Assert.ThrowsAsync<TException>(() => host.StartAsync()))!;
    }
}
