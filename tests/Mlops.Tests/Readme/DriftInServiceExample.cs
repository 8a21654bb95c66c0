// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Drift;
// given: end

namespace Mlops.Tests.Readme.DriftInService;

/// <summary>A monitor in a host.</summary>
[TestFixture]
public sealed class DriftInServiceExample : ReadmeExample
{
    [Test]
    public async Task The_host_watches_what_is_observed()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        DriftSchema<Order> schema = DriftSchema.For<Order>(s => s.Id(o => o.Id).Numeric(o => o.Amount).Prediction(o => o.Predicted));
        Order[] lastMonth = [.. Enumerable.Range(0, 2_000).Select(static i => new Order($"{i}", i % 100, i % 100))];
        ReferenceProfile profile = ReferenceProfile.Build(schema, lastMonth);
        ErrorBaseline errorBaseline = ErrorBaseline.FromErrors([.. Enumerable.Range(0, 1_000).Select(static i => i % 7 / 7.0)]);
        const string modelDigest = "6a06a860", predictionId = "order-1";
        var order = new Order(predictionId, 12, 12);
        const double actual = 13;
        // given: end

        // readme: begin
        builder.Services.AddMlopsDrift().AddMonitor("orders", schema, m => m.Window(rows: 2_000).Reference(modelDigest, profile, errorBaseline));
        builder.Services.AddHealthChecks().AddMlopsDrift();
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        var monitor = host.Services.GetRequiredKeyedService<DriftMonitor<Order>>("orders");

        // readme: begin
        monitor.Observe(order);                        // any thread; never throws, never waits for an evaluation
        monitor.ObserveLabel(predictionId, actual);    // whenever it is known; needs Id, Prediction in the schema
        DriftReport now = await monitor.EvaluateAsync();
        // readme: end

        Assert.That(now.ModelVersion, Is.EqualTo(modelDigest));
        Assert.That(monitor.Status.Rows, Is.EqualTo(1));
        await host.StopAsync();
    }
}

// given: begin
internal sealed record Order(string Id, double Amount, double Predicted);
// given: end
