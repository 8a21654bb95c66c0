// readme: begin
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Mlflow;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// readme: end

namespace Mlops.Tests.Readme.Mlflow;

/// <summary>The first example of Mlops.Mlflow.</summary>
[TestFixture]
public sealed class MlflowExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        string[] args = [];

        // readme: begin
        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        builder.Services.AddMlopsMlflow();

        await using WebApplication app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");                    // any free port
        app.MapMlflowApi();                                    // for this machine only; .RequireAuthorization("policy") opens it
        await app.StartAsync();

        // Any MLflow client now logs here; this one is ours.
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        var client = new MlflowClient(http);
        string experiment = await client.GetOrCreateExperimentAsync("ridership");
        string id = await client.CreateRunAsync(experiment, "first", DateTimeOffset.UnixEpoch);
        await client.LogAsync(id, new RunLog { Metrics = [new("mae", 1.1, Step: 1), new("mae", 0.6, Step: 2)] });
        await client.EndRunAsync(id, RunStatus.Finished, DateTimeOffset.UnixEpoch.AddMinutes(1));

        // The same run, in process.
        Tracker tracker = app.Services.GetRequiredService<Tracker>();
        RunRecord run = await tracker.GetRunAsync(id);
        Console.WriteLine($"{run.Experiment}/{run.Name}: {run.Status}, mae {run.Metrics["mae"].Value} after {run.Metrics["mae"].Count} points");
        // readme: end

        AssertShownIn("src/Mlops.Mlflow/README.md");
        await app.StopAsync();
    }
}
