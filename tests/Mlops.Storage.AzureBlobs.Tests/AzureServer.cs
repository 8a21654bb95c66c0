using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>The Azure emulator that the tests of this assembly share; it starts with the first test that needs it.</summary>
[SetUpFixture]
public sealed class AzureServer
{
    public const string Container = "mlops";

    private static readonly Lazy<ObjectStoreEmulator> Emulator = new(static () =>
    {
        ObjectStoreEmulator emulator = ObjectStoreEmulator.StartAzureBlobs();
        Connect(emulator).Create();
        return emulator;
    });

    private static readonly Lazy<BlobContainerClient> Client = new(static () => Connect(Emulator.Value));
    private static int _prefixes;

    public static ObjectStoreEmulator Shared => Emulator.Value;

    public static BlobContainerClient SharedClient => Client.Value;

    [OneTimeTearDown]
    public void Stop()
    {
        if (Emulator.IsValueCreated)
        {
            Emulator.Value.Dispose();
        }
    }

    /// <summary>Options of a store with a prefix that no other test has.</summary>
    public static AzureBlobArtifactOptions Options() => new()
    {
        Prefix = $"tests/{Interlocked.Increment(ref _prefixes)}",
        AllowHttp = true,
        BlockBytes = 5 << 20,
    };

    /// <summary>A client that does not retry, with requests that a policy watches.</summary>
    public static BlobContainerClient Connect(ObjectStoreEmulator emulator, HttpPipelinePolicy? policy = null)
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 0;
        if (policy is not null)
        {
            options.AddPolicy(policy, HttpPipelinePosition.PerCall);
        }

        return new BlobContainerClient(emulator.AzureConnectionString, Container, options);
    }
}
