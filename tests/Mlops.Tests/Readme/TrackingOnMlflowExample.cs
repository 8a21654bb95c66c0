// given: begin
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Mlflow;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;
// given: end

namespace Mlops.Tests.Readme.TrackingOnMlflow;

/// <summary>Tracking on an MLflow server.</summary>
[TestFixture]
public sealed class TrackingOnMlflowExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // given: begin
        WebApplicationBuilder web = WebApplication.CreateBuilder();
        web.Services.AddMlopsStorage().UseSqlite("Data Source=mlops.db");
        web.Services.AddMlopsMlflow();
        await using WebApplication app = web.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapMlflowApi();
        await app.StartAsync();
        var server = new Uri(app.Urls.First());
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        // given: end

        // readme: begin
        builder.Services.AddMlopsTracking().UseMlflow(o => o.BaseAddress = server);   // o.Token, or o.UserName and o.Password; section Mlops:Tracking:Mlflow
        using IHost host = builder.Build();
        await host.StartAsync();

        Tracker tracker = host.Services.GetRequiredService<Tracker>();
        await tracker.TrackAsync("ridership", async (run, ct) =>
        {
            run.LogParameter("lambda", 0.1);
            await run.LogMetricsAsync([new("mae", 1.1, Step: 1), new("mae", 0.6, Step: 2)], ct);
            await run.LogArtifactAsync("notes.txt", new MemoryStream("fine"u8.ToArray()), ct);
        });

        RunPage page = await tracker.ListRunsAsync("ridership", new RunQuery { Filter = "metrics.mae < 1" });
        Console.WriteLine($"{page.Runs.Count} run: {page.Runs[0].Status}, mae {page.Runs[0].Metrics["mae"].Value}");
        // readme: end

        AssertShownIn("src/Mlops.Mlflow/README.md");
        await host.StopAsync();
        await app.StopAsync();
    }
}
