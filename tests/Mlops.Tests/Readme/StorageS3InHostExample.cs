// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.S3;
using Mlops.Storage.PostgreSql;
// given: end

namespace Mlops.Tests.Readme.StorageS3InHost;

/// <summary>S3 in a host.</summary>
[TestFixture]
public sealed class StorageS3InHostExample
{
    [Test]
    public void The_host_has_the_store()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        string connectionString = "Host=localhost;Username=mlops;Database=mlops";
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UsePostgreSql(connectionString).UseS3Artifacts("mlops-artifacts", o => o.Region = "eu-central-1");
        // readme: end

        using IHost host = builder.Build();
        Assert.That(host.Services.GetRequiredService<IArtifactStore>(), Is.TypeOf<S3ArtifactStore>());
    }
}
