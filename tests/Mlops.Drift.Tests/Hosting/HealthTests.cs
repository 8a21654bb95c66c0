using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Drift.Tests;

/// <summary>Each reason for which a monitor is not healthy, alone.</summary>
internal sealed class HealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DriftSchema Schema = DriftSchema.Create(static s => s.Numeric("x"));
    private static readonly ReferenceProfile Reference = ReferenceProfile.Build(new DriftBatch(Schema).Numeric("x", new Draws(1).Rides(500).Select(static ride => ride.Distance).ToArray()));

    private Failing _failing = new();
    private ServiceProvider _provider = null!;

    private DriftMonitor Monitor => _provider.GetRequiredKeyedService<DriftMonitor>("x");

    [SetUp]
    public void SetUp()
    {
        _failing = new Failing();
        ServiceCollection services = new();
        services.AddLogging().AddSingleton<TimeProvider>(new FakeTimeProvider(Now)).AddSingleton<IDriftObserver>(_failing);
        services.AddMlopsDrift().AddMonitor("x", Schema, static m => m.Configure(static options => (options.MaximumBufferedRows, options.WindowRows) = (256, 1_000)));
        services.AddHealthChecks().AddMlopsDrift();
        _provider = services.BuildServiceProvider();
        Monitor.Activate("v1", Reference);
    }

    [TearDown]
    public void TearDown() => _provider.Dispose();

    [Test]
    public async Task Without_rows_and_with_good_ones_it_is_healthy()
    {
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Healthy, "no rows yet")));
        Observe(100);
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Healthy, "ok")));
    }

    [Test]
    public async Task One_refused_row_in_a_hundred_is_allowed([Values] bool isMalformed)
    {
        Observe(98);
        if (isMalformed)
            Monitor.Observe([1, 2]);
        else
            Monitor.Observe([1], at: Now.AddDays(2));
        (HealthStatus Status, string State) more = await HealthAsync();
        Observe(1);

        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Healthy, "ok")));
        Assert.That(more.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(more.State, Is.EqualTo(isMalformed
            ? "1 rows could not be taken in (0 failed, 1 malformed, 0 from the future)"
            : "1 rows could not be taken in (0 failed, 0 malformed, 1 from the future)"));
    }

    [Test]
    public async Task A_state_that_is_awaited_is_a_reason()
    {
        Monitor.Hold();
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "the stored state cannot be read yet, rows wait")));
        Monitor.Resume();
        Assert.That((await HealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    public async Task Rows_that_were_lost_are_a_reason()
    {
        Monitor.Hold();
        Observe(300);
        Monitor.Resume();
        await Monitor.EvaluateAsync();

        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "rows were lost")));
    }

    [Test]
    public async Task What_an_observer_was_not_told_is_a_reason()
    {
        _failing.Fails = true;
        Observe(100);
        await Monitor.EvaluateAsync();
        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "an observer was not told yet")));
        _failing.Fails = false;
        await Monitor.DeliverAsync(isLast: true, CancellationToken.None);
        Assert.That((await HealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    public async Task A_version_without_a_reference_is_a_reason_once_it_has_rows()
    {
        Monitor.Activate("v2");
        Assert.That((await HealthAsync()).Status, Is.EqualTo(HealthStatus.Healthy));
        Observe(1);

        Assert.That(await HealthAsync(), Is.EqualTo((HealthStatus.Degraded, "no reference for the live version")));
    }

    private void Observe(int rows)
    {
        foreach (Ride ride in new Draws(2).Rides(rows))
            Monitor.Observe([ride.Distance]);
    }

    private async Task<(HealthStatus Status, string State)> HealthAsync()
    {
        HealthReportEntry entry = (await _provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["mlops.drift"];
        string state = (string)entry.Data["x"];
        Assert.That(entry.Description, Is.EqualTo(entry.Status == HealthStatus.Healthy ? null : $"x: {state}"));
        return (entry.Status, state);
    }

    private sealed class Failing : IDriftObserver
    {
        public bool Fails { get; set; }

        public ValueTask OnAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask OnReportAsync(DriftReport report, CancellationToken cancellationToken = default) =>
            Fails ? throw new InvalidOperationException("the database is away") : ValueTask.CompletedTask;
    }
}
