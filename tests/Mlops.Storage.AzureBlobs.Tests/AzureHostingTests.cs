using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage.Sqlite;
using Mlops.Storage.Sqlite.Tests;

namespace Mlops.Storage.AzureBlobs.Tests;

/// <summary>Azure Blob Storage in a host.</summary>
[TestFixture]
public sealed class AzureHostingTests
{
    private const string Https = "DefaultEndpointsProtocol=https;AccountName=account;AccountKey=Y2FuYXJ5;EndpointSuffix=core.windows.net";

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_host_stores_artifacts_in_the_container_with_options_from_its_configuration(bool ownClient)
    {
        AzureBlobArtifactOptions options = AzureServer.Options();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Mlops:Storage:AzureBlobs:Prefix"] = options.Prefix });
        IMlopsStorageBuilder storage = builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase());
        _ = ownClient
            ? storage.UseAzureBlobArtifacts(AzureServer.Shared.AzureConnectionString, AzureServer.Container, static o => o.AllowHttp = true)
            : storage.UseAzureBlobArtifacts(static _ => AzureServer.SharedClient, static o => o.AllowHttp = true);
        using IHost host = builder.Build();
        await host.StartAsync();

        await using ArtifactUpload upload = await host.Services.GetRequiredService<ArtifactCatalog>().UploadAsync(new MemoryStream([1, 2, 3]));

        Assert.That(await new AzureBlobArtifactStore(AzureServer.SharedClient, options).ExistsAsync(upload.Artifact.Hash), Is.True);
        await host.StopAsync();
    }

    [TestCase("/artifacts", 1L << 20, "Prefix")]
    [TestCase("../artifacts", 1L << 20, "Prefix")]
    [TestCase("artifacts", (1L << 20) - 1, "BlockBytes")]
    [TestCase("artifacts", (4_000L << 20) + 1, "BlockBytes")]
    public void A_wrong_option_stops_the_start(string prefix, long blockBytes, string named)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase()).UseAzureBlobArtifacts(Https, "container", o =>
        {
            o.Prefix = prefix;
            o.BlockBytes = blockBytes;
        });
        using IHost host = builder.Build();

        Assert.That(async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(named));
    }

    [Test]
    public void A_connection_in_the_clear_needs_a_word()
    {
        string http = Https.Replace("https", "http", StringComparison.Ordinal);

        Assert.That(() => new AzureBlobArtifactStore(http, "container"), Throws.ArgumentException.With.Message.Contains("AllowHttp").And.Message.Not.Contains("Y2FuYXJ5"));
        Assert.That(() => new AzureBlobArtifactStore(http, "container", new AzureBlobArtifactOptions { AllowHttp = true }), Throws.Nothing);
        Assert.That(() => new AzureBlobArtifactStore(Https, "container"), Throws.Nothing);
        Assert.That(() => new AzureBlobArtifactStore(new BlobContainerClient(new Uri("http://account.blob.core.windows.net/container"))), Throws.ArgumentException);
    }

    [TestCase("canary")]
    [TestCase("AccountName=account;AccountKey=canary")]
    [TestCase("DefaultEndpointsProtocol=https;AccountName=account;AccountKey=canary!;EndpointSuffix=core.windows.net")]
    public void A_connection_string_that_cannot_be_read_is_refused_and_not_repeated(string connectionString)
    {
        ArgumentException? refused = Assert.Throws<ArgumentException>(() => _ = new AzureBlobArtifactStore(connectionString, "container"));

        Assert.That(refused!.ToString(), Does.Not.Contain("canary"));
    }

    [Test]
    public void A_second_choice_is_refused() => Assert.That(
        () => new ServiceCollection().AddMlopsStorage().UseFileArtifacts("folder").UseAzureBlobArtifacts(Https, "container"), Throws.InvalidOperationException);
}
