using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Mlops.Storage.Sqlite;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Hosting;

/// <summary>A host whose runs are on a server.</summary>
public sealed class TrackingOnMlflowTests
{
    private const string Token = "canary-token-5309";

    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_host_needs_no_database_and_logs_no_token([Values] bool chooseTwice)
    {
        await using MlflowServer server = await MlflowServer.StartAsync(storage => storage.UseSqlite($"Data Source={Path.Combine(_folder, "server.db")}"));
        var logs = new FakeLogCollector();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(logs));
        builder.Services.AddMlopsTracking().UseMlflow(options => (options.BaseAddress, options.Token) = (server.Http.BaseAddress, Token));
        if (chooseTwice)
        {
            Assert.That(() => builder.Services.AddMlopsTracking().UseMlflow(), Throws.InvalidOperationException);
        }

        string id = "";
        using (IHost host = builder.Build())
        {
            await host.StartAsync();
            await host.Services.GetRequiredService<Tracker>().TrackAsync("e", (run, _) =>
            {
                id = run.Id;
                run.LogMetric("m", 1);
                return Task.CompletedTask;
            });
            await host.StopAsync();
        }

        RunRecord record = await server.Services.GetRequiredService<Tracker>().GetRunAsync(id);
        Assert.That((record.Status, record.Metrics["m"].Value), Is.EqualTo((RunStatus.Finished, 1d)));
        Assert.That(logs.GetSnapshot(), Is.Not.Empty);
        Assert.That(logs.GetSnapshot().Select(static log => log.Message + log.StructuredState?.Aggregate("", static (all, pair) => all + pair.Value) + log.Exception), Has.None.Contains(Token));
    }

    [Test]
    public async Task Nothing_follows_a_redirect()
    {
        int followed = 0;
        WebApplicationBuilder web = WebApplication.CreateSlimBuilder();
        web.Logging.ClearProviders();
        web.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication other = web.Build();
        other.MapFallback(() => Interlocked.Increment(ref followed));
        await other.StartAsync();
        WebApplicationBuilder redirecting = WebApplication.CreateSlimBuilder();
        redirecting.Logging.ClearProviders();
        redirecting.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication server = redirecting.Build();
        server.MapFallback((HttpContext context) => Results.Redirect(other.Urls.First() + context.Request.Path, permanent: false, preserveMethod: true));
        await server.StartAsync();

        var services = new ServiceCollection();
        services.AddMlopsTracking().UseMlflow(options => (options.BaseAddress, options.Token) = (new Uri(server.Urls.First()), Token));
        await using ServiceProvider provider = services.BuildServiceProvider();

        MlflowException? refusal = await Assert.ThrowsAsync<MlflowException>(async () => await provider.GetRequiredService<Tracker>().StartRunAsync("e"));
        Assert.That((int)refusal!.Status, Is.EqualTo(307));
        Assert.That(refusal.Message, Does.Contain("redirects"));
        Assert.That(followed, Is.Zero);
    }

    [Test]
    public void A_missing_address_fails_the_start()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsTracking().UseMlflow();
        using IHost host = builder.Build();
        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains("BaseAddress"));
    }
}
