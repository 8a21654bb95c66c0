using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mlops.Storage.Sqlite;
using Mlops.Storage.Sqlite.Tests;

namespace Mlops.Storage.S3.Tests;

/// <summary>S3 in a host.</summary>
[TestFixture]
public sealed class S3HostingTests
{
    [Test]
    public async Task A_host_stores_artifacts_in_the_bucket_that_code_names_with_options_from_its_configuration()
    {
        S3ArtifactOptions options = S3Server.Options();
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Mlops:Storage:S3:Bucket"] = "another",
            ["Mlops:Storage:S3:Prefix"] = options.Prefix,
            ["Mlops:Storage:S3:ServiceUrl"] = options.ServiceUrl!.AbsoluteUri,
            ["Mlops:Storage:S3:ForcePathStyle"] = "true",
        });
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase()).UseS3Artifacts(options.Bucket, o => o.AllowHttp = true);
        using IHost host = builder.Build();
        await host.StartAsync();

        await using ArtifactUpload upload = await host.Services.GetRequiredService<ArtifactCatalog>().UploadAsync(new MemoryStream([1, 2, 3]));

        using var store = new S3ArtifactStore(options);
        Assert.That(await store.ExistsAsync(upload.Artifact.Hash), Is.True);
        await host.StopAsync();
    }

    [TestCase("Ab", null, null, "Bucket")]
    [TestCase("under_score", null, null, "Bucket")]
    [TestCase("bucket", "/artifacts", null, "Prefix")]
    [TestCase("bucket", "../artifacts", null, "Prefix")]
    [TestCase("bucket", null, "http://example.org", "AllowHttp")]
    [TestCase("bucket", null, "https://canary:secret@example.org", "credentials")]
    [TestCase("bucket", null, "ftp://example.org", "ServiceUrl")]
    [TestCase("bucket", null, "relative", "ServiceUrl")]
    public void A_wrong_option_stops_the_start(string bucket, string? prefix, string? url, string named)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMlopsStorage().UseSqlite(TemporaryFolder.NewDatabase()).UseS3Artifacts(bucket, o =>
        {
            o.Prefix = prefix ?? "";
            o.ServiceUrl = url is null ? null : new Uri(url, UriKind.RelativeOrAbsolute);
        });
        using IHost host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(), Throws.TypeOf<OptionsValidationException>().With.Message.Contains(named).And.Message.Not.Contains("canary"));
    }

    [TestCase(5L << 20)]
    [TestCase(5L << 30)]
    public void Part_sizes_at_the_bounds_are_taken(long bytes) => Assert.That(() => new S3ArtifactStore(new S3ArtifactOptions { Bucket = "bucket", Region = "us-east-1", PartBytes = bytes }).Dispose(), Throws.Nothing);

    [TestCase((5L << 20) - 1)]
    [TestCase((5L << 30) + 1)]
    public void Part_sizes_beyond_the_bounds_are_refused(long bytes) => Assert.That(
        () => new S3ArtifactStore(new S3ArtifactOptions { Bucket = "bucket", PartBytes = bytes }), Throws.ArgumentException.With.Message.Contains($"{bytes}"));

    [Test]
    public void A_second_choice_is_refused() => Assert.That(
        () => new ServiceCollection().AddMlopsStorage().UseFileArtifacts("folder").UseS3Artifacts("bucket"), Throws.InvalidOperationException);
}
