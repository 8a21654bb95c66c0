// given: begin
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;
using Mlops.Storage.PostgreSql;
// given: end

namespace Mlops.Tests.Readme.StorageAzureBlobsInHost;

/// <summary>Azure Blob Storage in a host.</summary>
[TestFixture]
public sealed class StorageAzureBlobsInHostExample
{
    [Test]
    public void The_host_has_the_store()
    {
        // given: begin
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        string connectionString = "Host=localhost;Username=mlops;Database=mlops";
        string account = "DefaultEndpointsProtocol=https;AccountName=account;AccountKey=a2V5;EndpointSuffix=core.windows.net";
        // given: end

        // readme: begin
        builder.Services.AddMlopsStorage().UsePostgreSql(connectionString).UseAzureBlobArtifacts(account, "mlops-artifacts");
        // readme: end

        using IHost host = builder.Build();
        Assert.That(host.Services.GetRequiredService<IArtifactStore>(), Is.TypeOf<AzureBlobArtifactStore>());
    }
}
