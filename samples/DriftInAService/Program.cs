using DriftInAService.Deliveries;
using DriftInAService.Traffic;
using Mlops.Drift;
using OpenTelemetry.Metrics;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);

// The ten lines that add drift checks to a service.
ReferenceProfile profile = ReferenceProfile.Build(DeliveryModel.Schema, History.Estimates(), new() { MaximumSegmentSampleRows = 20_000 });
builder.Services.AddMlopsDrift().AddMonitor("deliveries", DeliveryModel.Schema, m => m
    .BindConfiguration("Mlops:Drift:deliveries")
    .Reference(DeliveryModel.Version, profile, History.Errors()));
builder.Services.AddHealthChecks().AddMlopsDrift();
builder.Services.AddOpenTelemetry().WithMetrics(static metrics => metrics.AddMeter("Mlops.Drift").AddPrometheusExporter());

if (builder.Configuration.GetValue<bool>("simulate"))
    builder.Services.AddHostedService<SimulatedTraffic>();
builder.Services.AddSingleton<DeliveryModel>();

WebApplication app = builder.Build();
app.MapPost("/deliveries", static (Order order, DeliveryModel model) => model.Estimate(order));
app.MapPost("/deliveries/{id}/outcome", static (string id, Outcome outcome, DeliveryModel model) =>
{
    model.Learn(id, outcome);
    return Results.Accepted();
});
app.MapGet("/drift", static ([FromKeyedServices("deliveries")] DriftMonitor<Estimate> monitor) =>
    monitor.Status.LastReport is { } report ? Results.Content(report.ToHtml(), "text/html; charset=utf-8") : Results.NotFound("No window has been judged yet."));
app.MapGet("/drift.json", static ([FromKeyedServices("deliveries")] DriftMonitor<Estimate> monitor) =>
    monitor.Status.LastReport is { } report ? Results.Content(report.ToJson(), "application/json") : Results.NotFound("No window has been judged yet."));
app.MapHealthChecks("/health");
app.MapPrometheusScrapingEndpoint();
await app.RunAsync();
