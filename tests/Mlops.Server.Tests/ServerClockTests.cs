using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Server.Tests;

/// <summary>The server in this process, by its own entry point, on a clock that stands still.</summary>
[TestFixture]
internal sealed class ServerClockTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>Whatever waited on purpose while the server starts, for a second or an hour of its clock, would wait for ever.</summary>
    [Test]
    public async Task Nothing_at_the_start_waits_for_time_to_pass()
    {
        string data = Directory.CreateTempSubdirectory("mlops-server").FullName;
        using var hosting = new Hosting();
        using IDisposable subscription = DiagnosticListener.AllListeners.Subscribe(hosting);
        Task<int> server = Task.Factory.StartNew(
            () => (int)Assembly.Load("Server").EntryPoint!.Invoke(null, [new[] { "--urls", "http://127.0.0.1:0", "--data", data }])!, TaskCreationOptions.LongRunning);

        IHost host = await hosting.Host.Task.WaitAsync(Limit);
        IHostApplicationLifetime lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var started = new TaskCompletionSource();
        lifetime.ApplicationStarted.Register(started.SetResult);
        await Task.WhenAny(started.Task, server).WaitAsync(Limit);
        string address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient();
        string health = await client.GetStringAsync(new Uri(address + "/health"));
        DateTimeOffset time = host.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        lifetime.StopApplication();

        Assert.That(health, Is.EqualTo("OK"));
        Assert.That(time, Is.EqualTo(Hosting.Start), "the host's clock is the one that stands still");
        Assert.That(await server.WaitAsync(Limit), Is.Zero);
        Directory.Delete(data, recursive: true);
    }

    /// <summary>Sees hosts while they are built, and gives them the clock.</summary>
    private sealed class Hosting : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        private readonly List<IDisposable> _subscriptions = [];

        public TaskCompletionSource<IHost> Host { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                _subscriptions.Add(value.Subscribe(this));
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder builder })
            {
                builder.ConfigureServices(static services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new FakeTimeProvider(Start))));
            }
            else if (value is { Key: "HostBuilt", Value: IHost host })
            {
                Host.TrySetResult(host);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error) => Host.TrySetException(error);

        public void Dispose() => _subscriptions.ForEach(static subscription => subscription.Dispose());
    }
}
