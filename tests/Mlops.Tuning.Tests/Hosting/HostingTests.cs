using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

public sealed class HostingTests
{
    [Test]
    public async Task A_host_offers_studies_with_its_options()
    {
        await using var file = new SqliteFile();
        using IHost host = Build(file.Path, ("Mlops:Tuning:LeaseDuration", "00:00:03"));
        await host.StartAsync();

        Studies studies = host.Services.GetRequiredService<Studies>();
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        await study.OptimizeAsync((trial, _) => Task.FromResult(trial.SuggestDouble("x", 0, 1)), new() { TotalTrials = 3 });

        Assert.That(studies.Options.LeaseDuration, Is.EqualTo(TimeSpan.FromSeconds(3)));
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_does_not_start_with_an_option_out_of_range()
    {
        await using var file = new SqliteFile();
        using IHost host = Build(file.Path, ("Mlops:Tuning:MaximumAttempts", "0"));

        Assert.That(() => host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains("MaximumAttempts"));
    }

    [Test]
    public async Task Finished_trials_are_counted_by_state()
    {
        await using var file = new SqliteFile();
        using IHost host = Build(file.Path);
        await host.StartAsync();
        using var counter = new MetricCollector<long>(
            host.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), "Mlops.Tuning", "mlops.tuning.trials");
        Study study = await host.Services.GetRequiredService<Studies>().OpenAsync("s", Direction.Minimize);

        await study.OptimizeAsync((trial, _) => Task.FromResult(trial.Number == 1 ? double.NaN : 0), new() { TotalTrials = 3 });

        Assert.That(
            counter.GetMeasurementSnapshot().GroupBy(measured => (string)measured.Tags["mlops.trial.state"]!).ToDictionary(group => group.Key, group => group.Count()),
            Is.EquivalentTo(new Dictionary<string, int> { ["completed"] = 2, ["failed"] = 1 }));
        await host.StopAsync();
    }

    [Test]
    public async Task A_container_needs_neither_configuration_nor_logging()
    {
        await using var file = new SqliteFile();
        var services = new ServiceCollection();
        services.AddMlopsStorage().UseSqlite($"Data Source={file.Path}");
        services.AddMlopsTuning();
        await using ServiceProvider provider = services.BuildServiceProvider();

        Study study = await provider.GetRequiredService<Studies>().OpenAsync("s", Direction.Minimize);
        Assert.That((await study.AskAsync()).Number, Is.Zero);
    }

    private static IHost Build(string path, params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Services.AddMetrics();
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={path}");
        builder.Services.AddMlopsTuning();
        builder.Services.AddMlopsTuning();
        return builder.Build();
    }
}
