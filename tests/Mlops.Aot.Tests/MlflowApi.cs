using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Mlops.Mlflow;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Aot.Tests;

/// <summary>A run goes through the MLflow API and back, without reflection on either side.</summary>
internal static class MlflowApi
{
    public static async Task<bool> RunAsync(string folder)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddMlopsStorage().UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}");
        builder.Services.AddMlopsMlflow();
        await using WebApplication application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        application.MapMlflowApi();
        await application.StartAsync();

        using var http = new HttpClient { BaseAddress = new Uri(application.Urls.First()) };
        var client = new MlflowClient(http);
        string run = await client.CreateRunAsync(await client.GetOrCreateExperimentAsync("aot"), "first", DateTimeOffset.UnixEpoch);
        await client.LogAsync(run, new RunLog { Metrics = [new Metric("loss", double.NaN, 1), new Metric("loss", 0.5, 2)] });
        await client.UploadArtifactAsync(await client.GetRunAsync(run), "model/weights.bin", new MemoryStream([1, 2, 3]));
        IReadOnlyList<MetricPoint> points = await client.GetMetricHistoryAsync(run, "loss");
        IReadOnlyList<string> files = await client.ListArtifactsAsync(run);
        await application.StopAsync();
        return points is [{ Value: double.NaN }, { Value: 0.5 }] && files is ["model/weights.bin"];
    }
}
