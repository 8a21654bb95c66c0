using Amazon.Runtime;
using Amazon.S3;
using Mlops.Storage.Conformance;

namespace Mlops.Storage.S3.Tests;

/// <summary>The S3 emulator that the tests of this assembly share; it starts with the first test that needs it.</summary>
[SetUpFixture]
public sealed class S3Server
{
    private static readonly Lazy<ObjectStoreEmulator> _shared = new(ObjectStoreEmulator.StartS3);
    private static readonly Lazy<AmazonS3Client> _client = new(static () => Client(Shared.Url));
    private static int _prefixes;

    public static ObjectStoreEmulator Shared => _shared.Value;

    /// <summary>A client as the store makes its own; making one takes longer than most tests.</summary>
    public static AmazonS3Client SharedClient => _client.Value;

    [OneTimeSetUp]
    public void GiveCredentials()
    {
        // Where the SDK looks first, for the stores that make their own client.
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", ObjectStoreEmulator.S3Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", ObjectStoreEmulator.S3Key);
    }

    [OneTimeTearDown]
    public void Stop()
    {
        if (_client.IsValueCreated)
        {
            _client.Value.Dispose();
        }

        if (_shared.IsValueCreated)
        {
            _shared.Value.Dispose();
        }
    }

    /// <summary>Options of a store with a prefix that no other test has.</summary>
    public static S3ArtifactOptions Options(string? url = null) => new()
    {
        Bucket = ObjectStoreEmulator.Bucket,
        Prefix = $"tests/{Interlocked.Increment(ref _prefixes)}",
        ServiceUrl = new Uri(url ?? Shared.Url),
        ForcePathStyle = true,
        AllowHttp = true,
        PartBytes = 5 << 20,
    };

    /// <summary>A client configured as the store configures its own, which a handler watches.</summary>
    public static AmazonS3Client Client(string url, DelegatingHandler? handler = null)
    {
        AmazonS3Config config = S3ArtifactStore.Configure(Options(url));
        config.MaxErrorRetry = 0;
        config.HttpClientFactory = new WatchedClients(handler ?? new OneAtATime());
        return new AmazonS3Client(config);
    }

    private sealed class WatchedClients(DelegatingHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig)
        {
            handler.InnerHandler ??= new HttpClientHandler();
            return new HttpClient(handler, disposeHandler: false);
        }

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }
}
