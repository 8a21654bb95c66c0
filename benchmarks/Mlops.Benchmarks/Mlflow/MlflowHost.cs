using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mlops.Benchmarks.Tracking;
using Mlops.Mlflow;
using Mlops.Storage;
using Mlops.Storage.PostgreSql;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Mlflow;

/// <summary>The MLflow API on a Kestrel of this process, over a new database that is gone with it.</summary>
internal sealed class MlflowHost : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly string _folder;

    private MlflowHost(WebApplication application, string folder)
    {
        _application = application;
        _folder = folder;
        Http = new HttpClient { BaseAddress = new Uri(application.Urls.First() + "/") };
        Tracker = application.Services.GetRequiredService<Tracker>();
    }

    public HttpClient Http { get; }

    public Tracker Tracker { get; }

    public Database Database => _application.Services.GetRequiredService<Database>();

    /// <summary>On SQLite, or on a new schema of a PostgreSQL database.</summary>
    public static async Task<MlflowHost> StartAsync(string? postgreSql)
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        IMlopsStorageBuilder storage = builder.Services.AddMlopsStorage();
        _ = postgreSql is null
            ? storage.UseSqlite($"Data Source={Path.Combine(folder, "mlflow.db")}")
            : storage.UsePostgreSql(TemporaryFolder.NewSchema(postgreSql)).UseFileArtifacts(Path.Combine(folder, "artifacts"));
        builder.Services.AddMlopsMlflow();
        WebApplication application = builder.Build();
        application.MapMlflowApi();
        application.MapPost("/floor", static async context =>
        {
            byte[] buffer = new byte[64 * 1024];
            while (await context.Request.Body.ReadAsync(buffer) > 0)
            {
            }

            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{}");
        });
        await application.StartAsync();
        return new MlflowHost(application, folder);
    }

    /// <summary>Posts JSON and reads the whole answer.</summary>
    public async Task<byte[]> PostAsync(string path, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage response = await Http.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Reads a whole answer into a buffer, part after part.</summary>
    public async Task DrainAsync(string path, byte[] buffer)
    {
        using HttpResponseMessage response = await Http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using Stream body = await response.Content.ReadAsStreamAsync();
        while (await body.ReadAsync(buffer) > 0)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
