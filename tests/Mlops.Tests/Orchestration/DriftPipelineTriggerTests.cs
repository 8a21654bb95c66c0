using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Orchestration;

public sealed class DriftPipelineTriggerTests
{
    private string _folder = "";
    private IHost _host = null!;
    private Pipelines _pipelines = null!;

    [SetUp]
    public async Task StartHost()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-trigger-").FullName;
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(_folder, "mlops.db")}");
        builder.Services.AddMlopsOrchestration().AddPipeline<Echo>();
        _host = builder.Build();
        await _host.StartAsync();
        _pipelines = _host.Services.GetRequiredService<Pipelines>();
    }

    [TearDown]
    public async Task StopHost()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Test]
    public async Task An_alert_that_is_delivered_twice_starts_one_run()
    {
        var trigger = new DriftPipelineTrigger<Echo, string>(_pipelines, "rides", static alert => alert.Reason);
        await trigger.OnAlertAsync(Alert());
        await trigger.OnAlertAsync(Alert());

        PipelineRun run = (await StartedAsync()).Single();
        run = await _pipelines.WaitAsync(run.Id);
        Assert.That(await run.GetResultAsync<string>("echo"), Is.EqualTo("lag moved"));
    }

    [Test]
    public async Task Every_repetition_of_an_alert_starts_another()
    {
        var trigger = new DriftPipelineTrigger<Echo, string>(_pipelines, "rides", static alert => alert.Reason);
        await trigger.OnAlertAsync(Alert());
        await trigger.OnAlertAsync(Alert() with { Change = AlertChange.Repeated, Occurrence = 2 });

        Assert.That(await StartedAsync(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task An_alarm_of_a_monitor_that_has_lost_its_state_starts_another_run()
    {
        DriftSchema<Reading> schema = DriftSchema.For<Reading>(static s => s.Timestamp(r => r.At).Numeric(r => r.Value));
        ReferenceProfile reference = ReferenceProfile.Build(schema, Enumerable.Range(0, 1_000).Select(static i => new Reading(DateTimeOffset.UnixEpoch, i * 619 % 1_000)));
        string monitorName = new('m', 128);
        var trigger = new DriftPipelineTrigger<Echo, string>(_pipelines, monitorName, static alert => alert.Reason);
        for (int life = 0; life < 2; life++)
        {
            using DriftMonitor<Reading> monitor = new(
                monitorName, schema, new DriftMonitorOptions { DataAlerts = { Confirmations = 1 } }, new DriftMonitorServices { Observers = [trigger] });
            monitor.Activate("6a06a860f2b94c1d", reference);
            for (int i = 0; i < 500; i++)
                monitor.Observe(new Reading(DateTimeOffset.UnixEpoch.AddDays(life), 2_000 + (i * 619 % 500)));
            await monitor.EvaluateAsync();
        }

        Assert.That(await StartedAsync(), Has.Count.EqualTo(2), "and the longest name leaves room for the key");
    }

    [Test]
    public async Task Alerts_of_equal_keys_start_one_run()
    {
        var trigger = new DriftPipelineTrigger<Echo, string>(_pipelines, "rides", static alert => alert.Reason, static alert => $"{alert.At:yyyy-MM-dd}");
        await trigger.OnAlertAsync(Alert());
        await trigger.OnAlertAsync(Alert() with { Id = "rides/error/1", Kind = AlertKind.Error });

        Assert.That(await StartedAsync(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Cleared_alerts_and_those_of_other_monitors_start_nothing()
    {
        var trigger = new DriftPipelineTrigger<Echo, string>(_pipelines, "rides", static alert => alert.Reason);
        await trigger.OnAlertAsync(Alert() with { Change = AlertChange.Cleared });
        await trigger.OnAlertAsync(Alert() with { Monitor = "fares" });
        await trigger.OnAlertAsync(Alert() with { Monitor = "fares", Change = AlertChange.Repeated });

        Assert.That(await StartedAsync(), Is.Empty);
    }

    private Task<IReadOnlyList<PipelineRun>> StartedAsync() => _pipelines.ListRunsAsync(nameof(Echo), take: 10);

    private sealed record Reading(DateTimeOffset At, double Value);

    private static DriftAlert Alert() => new()
    {
        Id = "rides/data/1",
        Monitor = "rides",
        ModelVersion = null,
        Kind = AlertKind.Data,
        Change = AlertChange.Raised,
        Severity = AlertSeverity.Warning,
        At = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
        Reason = "lag moved",
    };

    internal sealed class Echo : IPipelineDefinition<string>
    {
        public void Define(PipelineBuilder<string> p) => p.Step("echo", static context => Task.FromResult(context.Parameters));
    }
}
