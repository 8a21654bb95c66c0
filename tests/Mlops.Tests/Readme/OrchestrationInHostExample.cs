// given: begin
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Orchestration;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// given: end

namespace Mlops.Tests.Readme.OrchestrationInHost;

/// <summary>A pipeline in a host, with services and a serializer context of its own.</summary>
[TestFixture]
public sealed class OrchestrationInHostExample : ReadmeExample
{
    [Test]
    public async Task The_pipeline_runs_with_its_services()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddScoped<LoadRidership>().AddScoped<Trainer>();
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsOrchestration().AddPipeline<RetrainRidership>(static p => p.Schedule(
            "nightly", "0 3 * * *", static interval => new RetrainParameters(DateOnly.FromDateTime(interval.End.Date)), new() { TimeZone = "Europe/Helsinki" }));
        // readme: end

        using IHost host = builder.Build();
        await host.StartAsync();
        Pipelines pipelines = host.Services.GetRequiredService<Pipelines>();
        PipelineRun run = await pipelines.StartAsync<RetrainRidership, RetrainParameters>(new(new DateOnly(2016, 7, 4)));
        run = (await pipelines.WaitAsync(run.Id)).EnsureSucceeded();
        Assert.That(await run.GetResultAsync<double>("train"), Is.EqualTo(2016));
        await host.StopAsync();
    }
}

// readme: begin
public sealed class RetrainRidership : IPipelineDefinition<RetrainParameters>
{
    public void Define(PipelineBuilder<RetrainParameters> p)
    {
        p.Serialize(RetrainJson.Default);      // a JsonSerializerContext with parameters, items and results
        Step<Dataset> data = p.With<LoadRidership>().Step("load", static (load, ctx) => load.RunAsync(ctx.Parameters.Until, ctx));
        p.With<Trainer>().Step("train", data, static (trainer, d, ctx) => trainer.FitAsync(d, ctx))
            .WithRetry(RetryPolicy.Exponential(5, TimeSpan.FromSeconds(2)))
            .WithTimeout(TimeSpan.FromHours(2));
    }
}
// readme: end

// given: begin
public sealed record RetrainParameters(DateOnly Until);

public sealed record Dataset(int Year);

[JsonSerializable(typeof(RetrainParameters))]
[JsonSerializable(typeof(Dataset))]
[JsonSerializable(typeof(double))]
internal sealed partial class RetrainJson : JsonSerializerContext;

internal sealed class LoadRidership
{
    public Task<Dataset> RunAsync(DateOnly until, StepContext<RetrainParameters> context) => Task.FromResult(new Dataset(until.Year));
}

internal sealed class Trainer
{
    public Task<double> FitAsync(Dataset data, StepContext<RetrainParameters> context) => Task.FromResult((double)data.Year);
}
// given: end
