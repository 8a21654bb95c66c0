using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Mlops.Serving.Tests;

public sealed class HostingTests
{
    [Test]
    public async Task A_host_loads_its_models_and_resolves_their_predictors()
    {
        using IHost host = Build(serving => serving.AddModel<Ride>("ridership", m => m.FromSource(MemorySource.Of(1, 1, 5)).Feature(r => r.Lag7).Feature(r => r.Rain)));
        await host.StartAsync();

        Prediction<float> plain = await host.Services.GetRequiredService<IPredictor<Ride, float>>().PredictAsync(new Ride(1, 2));
        Prediction<float> keyed = await host.Services.GetRequiredKeyedService<IPredictor<Ride, float>>("ridership").PredictAsync(new Ride(1, 2));

        Assert.That((plain.Value, keyed.Value), Is.EqualTo((8f, 8f)));
        await host.StopAsync();
    }

    [Test]
    public void Two_models_of_the_same_types_must_be_asked_for_by_name()
    {
        using IHost host = Build(serving => serving
            .AddModel("a", m => m.FromSource(MemorySource.Of(1, 1)))
            .AddModel("b", m => m.FromSource(MemorySource.Of(1, 1))));

        Assert.That(
            () => host.Services.GetRequiredService<IPredictor<ReadOnlyMemory<float>, float>>(),
            Throws.InvalidOperationException.With.Message.Contains("(a, b)").And.Message.Contains("FromKeyedServices"));
        Assert.That(host.Services.GetRequiredKeyedService<IPredictor<ReadOnlyMemory<float>, float>>("b").Model, Is.EqualTo("b"));
    }

    [Test]
    public void A_name_is_registered_once_but_serving_may_be_added_again()
    {
        Assert.That(
            () => Build(serving => serving.AddModel("a", m => m.FromFile("x")).Services.AddMlopsServing().AddModel("a", m => m.FromFile("y"))),
            Throws.ArgumentException.With.Message.Contains("'a' is registered already"));
    }

    [Test]
    public async Task A_model_that_cannot_load_does_not_stop_the_host_and_serves_later()
    {
        var source = new MemorySource();
        using IHost host = Build(serving =>
        {
            serving.AddModel("m", m => m.FromSource(source));
            serving.Services.AddHealthChecks();
        });
        await host.StartAsync();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Entries["mlops.serving.m"].Status, Is.EqualTo(HealthStatus.Unhealthy));

        source.Package = MemorySource.Version(1, 1, 1);
        await host.Services.GetRequiredService<ModelServer>().Get("m").ReloadAsync();
        Assert.That((await health.CheckHealthAsync()).Entries["mlops.serving.m"].Status, Is.EqualTo(HealthStatus.Healthy));

        source.Package = MemorySource.Version(2, float.NaN, 1);
        Assert.That(async () => await host.Services.GetRequiredService<ModelServer>().Get("m").ReloadAsync(), Throws.InstanceOf<ModelLoadException>());
        HealthReportEntry entry = (await health.CheckHealthAsync()).Entries["mlops.serving.m"];
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(entry.Description, Does.Contain("the last reload failed"));
        Assert.That(entry.Tags, Is.EqualTo(new[] { "ready" }));
        await host.StopAsync();
    }

    [Test]
    public async Task An_optional_model_only_degrades_the_host()
    {
        using IHost host = Build(serving =>
        {
            serving.AddModel("m", m => m.FromSource(new MemorySource()).Configure(o => o.Required = false));
            serving.Services.AddHealthChecks();
        });
        await host.StartAsync();

        HealthReport report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.That(report.Status, Is.EqualTo(HealthStatus.Degraded));
        await host.StopAsync();
    }

    [Test]
    public void Options_come_from_configuration_and_are_checked_at_start()
    {
        using IHost host = Build(
            serving => serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1))),
            new() { ["Mlops:Serving:m:WarmupRuns"] = "9", ["Mlops:Serving:m:ReloadDelay"] = "00:20:00" });

        Assert.That(async () => await host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("ReloadDelay of model 'm' is 00:20:00"));
    }

    [Test]
    public async Task Rollouts_and_shadows_are_set_by_configuration()
    {
        using IHost host = Build(
            serving => serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2)).Shadow(MemorySource.Of(1, 3))),
            new()
            {
                ["Mlops:Serving:m:Rollout:Share"] = "0.25",
                ["Mlops:Serving:m:Rollout:Outcomes:mae:Margin"] = "0.5",
                ["Mlops:Serving:m:Shadow:MaximumQueued"] = "7",
            });
        await host.StartAsync();

        ModelOptions options = host.Services.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get("m");
        ServedModel model = host.Services.GetRequiredService<ModelServer>().Get("m");
        Assert.That((options.Rollout.Outcomes["mae"].Margin, options.Shadow.MaximumQueued, model.Rollout!.Share), Is.EqualTo((0.5, 7, 0.25)));
        await host.StopAsync();
    }

    [Test]
    public void A_metric_of_the_configuration_that_nobody_knows_stops_the_start()
    {
        using IHost host = Build(
            serving => serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).Canary(MemorySource.Of(1, 2))),
            new() { ["Mlops:Serving:m:Rollout:Outcomes:profit:Margin"] = "0.5" });

        Assert.That(async () => await host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("'profit' needs a loss"));
    }

    [Test]
    public async Task A_host_that_stops_is_not_ready_first_and_goes_on_answering_for_the_drain_delay()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using IHost host = Build(
            serving =>
            {
                serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)));
                serving.Services.AddSingleton<TimeProvider>(time).AddHealthChecks();
            },
            new() { ["Mlops:Serving:DrainDelay"] = "00:00:10" });
        await host.StartAsync();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.That((await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));

        Task stopping = host.StopAsync();
        Assert.That(async () => (await health.CheckHealthAsync()).Status, Is.EqualTo(HealthStatus.Unhealthy).After(10_000, 5));
        time.Advance(TimeSpan.FromSeconds(9));
        await host.Services.GetRequiredService<IPredictor<ReadOnlyMemory<float>, float>>().PredictAsync(new float[1]);
        Assert.That(stopping.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromSeconds(1));
        await stopping;
    }

    [Test]
    public void A_drain_delay_out_of_range_stops_the_start()
    {
        using IHost host = Build(serving => serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1))), new() { ["Mlops:Serving:DrainDelay"] = "-00:00:01" });

        Assert.That(async () => await host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("DrainDelay is -00:00:01"));
    }

    [Test]
    public async Task A_bound_option_arrives()
    {
        using IHost host = Build(
            serving => serving.AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)).BindConfiguration("Elsewhere")),
            new() { ["Elsewhere:WarmupRuns"] = "9" });
        await host.StartAsync();

        Assert.That(host.Services.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get("m").WarmupRuns, Is.EqualTo(9));
        await host.StopAsync();
    }

    [Test]
    public void Without_a_runtime_the_start_says_what_to_call()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddMlopsServing().AddModel("m", m => m.FromSource(MemorySource.Of(1, 1)));
        using IHost host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.InvalidOperationException.With.Message.Contains("UseOnnxRuntime()"));
    }

    [Test]
    public async Task Sources_and_observers_may_come_from_the_container()
    {
        using IHost host = Build(serving =>
        {
            serving.Services.AddSingleton(MemorySource.Of(1, 1));
            serving.AddPredictionObserver<CountingObserver>().AddModel("m", m => m.FromSource<MemorySource>());
        });
        await host.StartAsync();

        await host.Services.GetRequiredService<IPredictor<ReadOnlyMemory<float>, float>>().PredictAsync(new float[1]);

        Assert.That(host.Services.GetServices<IPredictionObserver>().OfType<CountingObserver>().Single().Count, Is.EqualTo(1));
        await host.StopAsync();
    }

    private static IHost Build(Action<IMlopsServingBuilder> configure, Dictionary<string, string?>? settings = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        IMlopsServingBuilder serving = builder.Services.AddMlopsServing();
        builder.Services.AddSingleton<IModelRuntime>(new LinearRuntime());
        configure(serving);
        return builder.Build();
    }

    internal sealed class CountingObserver : IPredictionObserver
    {
        public int Count { get; private set; }

        public void OnPrediction(in PredictionRecord record) => Count++;
    }
}
