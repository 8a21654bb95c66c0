using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.Sqlite.Tests;

/// <summary>Garbage collection in the background of a host.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ArtifactCollectorTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-collector").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_host_that_asks_for_it_collects_what_nothing_refers_to_again_and_again()
    {
        using IHost host = await StartAsync(static storage => storage.CollectArtifacts(every: TimeSpan.FromMinutes(10)));
        ArtifactCatalog catalog = host.Services.GetRequiredService<ArtifactCatalog>();
        FakeLogCollector logs = host.Services.GetFakeLogCollector();
        using var bytes = new MetricCollector<long>(null, "Mlops.Storage", "mlops.storage.artifacts.collected_size");

        for (int round = 1; round <= 2; round++)
        {
            await using (ArtifactUpload upload = await catalog.UploadAsync(new MemoryStream(new byte[round])))
            {
            }

            await CollectedAsync(logs, round);
        }

        Assert.That(Files(), Is.Empty);
        Assert.That(Messages(logs)[^1], Is.EqualTo("Collected 1 artifacts that nothing referred to, 2 bytes."));
        Assert.That(bytes.GetMeasurementSnapshot().Select(static measurement => measurement.Value), Is.SupersetOf(new[] { 1L, 2L }));
        await host.StopAsync();
    }

    [Test]
    public async Task A_host_that_does_not_ask_collects_nothing()
    {
        using IHost host = await StartAsync(static _ => { });
        await using (ArtifactUpload upload = await host.Services.GetRequiredService<ArtifactCatalog>().UploadAsync(new MemoryStream([1])))
        {
        }

        Assert.That(host.Services.GetServices<IHostedService>().Select(static service => service.GetType().Name), Has.None.EqualTo("ArtifactCollector"));
        Assert.That(Files().Count(), Is.EqualTo(1));
        await host.StopAsync();
    }

    [Test]
    public async Task A_collection_that_fails_is_logged_and_tried_again()
    {
        var store = new FailingStore(new FileArtifactStore(_folder));
        using IHost host = await StartAsync(static storage => storage.CollectArtifacts(), store);
        FakeLogCollector logs = host.Services.GetFakeLogCollector();
        await using (ArtifactUpload upload = await host.Services.GetRequiredService<ArtifactCatalog>().UploadAsync(new MemoryStream([1])))
        {
        }

        await CollectedAsync(logs, 1);
        Assert.That(Messages(logs), Is.EqualTo(new[] { "Collecting artifacts failed; it is tried again after about 01:00:00." }));
        store.Fails = false;
        await CollectedAsync(logs, 2);
        Assert.That(Files(), Is.Empty);
        await host.StopAsync();
    }

    [TestCase("CollectEvery", "00:00:00")]
    [TestCase("CollectEvery", "31.00:00:00")]
    [TestCase("UploadSessionDuration", "00:00:59")]
    [TestCase("MaximumUploadBytes", "0")]
    [TestCase("UploadFolder", " ")]
    public void A_wrong_option_stops_the_start(string option, string value)
    {
        Assert.That(
            async () => await StartAsync(static storage => storage.CollectArtifacts(), configuration: ($"Mlops:Storage:Artifacts:{option}", value)),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains(option));
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories);

    private static string[] Messages(FakeLogCollector logs) => [.. logs.GetSnapshot().Where(static record => record.Category!.EndsWith("ArtifactCollector", StringComparison.Ordinal)).Select(static record => record.Message)];

    /// <summary>Lets time pass, in steps that no collection takes longer than, until the collector has said something for that many times.</summary>
    private async Task CollectedAsync(FakeLogCollector logs, int messages)
    {
        while (Messages(logs).Length < messages)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5);
        }
    }

    private async Task<IHost> StartAsync(Action<IMlopsStorageBuilder> configure, IArtifactStore? store = null, (string Key, string Value)? configuration = null)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        if (configuration is { } set)
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [set.Key] = set.Value });
        }

        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddFakeLogging();
        IMlopsStorageBuilder storage = builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase()).UseArtifacts(_ => store ?? new FileArtifactStore(_folder));
        configure(storage);
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private sealed class FailingStore(IArtifactStore store) : IArtifactStore
    {
        public bool Fails { get; set; } = true;

        public ValueTask<StagedArtifact> StageAsync(Stream content, CancellationToken cancellationToken = default) => store.StageAsync(content, cancellationToken);

        public ValueTask<Stream> OpenReadAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.OpenReadAsync(hash, cancellationToken);

        public ValueTask<Stream> OpenRangeAsync(ContentHash hash, long offset, long? length = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> ExistsAsync(ContentHash hash, CancellationToken cancellationToken = default) => store.ExistsAsync(hash, cancellationToken);

        public ValueTask DeleteAsync(ContentHash hash, CancellationToken cancellationToken = default) =>
            Fails ? throw new StorageException("The store is away.") { IsTransient = true } : store.DeleteAsync(hash, cancellationToken);
    }
}
