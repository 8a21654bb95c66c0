// readme: begin
using Mlops.Storage;
using Mlops.Storage.AzureBlobs;
using Mlops.Storage.Sqlite;
// readme: end
using Mlops.Storage.Conformance;

namespace Mlops.Tests.Readme.StorageAzureBlobs;

/// <summary>The first example of Mlops.Storage.AzureBlobs.</summary>
[TestFixture]
public sealed class StorageAzureBlobsExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        using ObjectStoreEmulator emulator = ObjectStoreEmulator.StartAzureBlobs();
        Environment.SetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING", emulator.AzureConnectionString);
        await new Azure.Storage.Blobs.BlobContainerClient(emulator.AzureConnectionString, "mlops").CreateAsync();

        // readme: begin
        string account = Environment.GetEnvironmentVariable("AZURE_STORAGE_CONNECTION_STRING") ?? "UseDevelopmentStorage=true";
        var store = new AzureBlobArtifactStore(account, "mlops", new AzureBlobArtifactOptions { AllowHttp = true });
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, store);
        await using ArtifactUpload upload = await artifacts.UploadAsync(new MemoryStream("weights"u8.ToArray()));
        await artifacts.DownloadAsync(upload.Artifact.Hash, "model.bin");
        Console.WriteLine($"{upload.Artifact.Hash}: {File.ReadAllText("model.bin")}");
        // readme: end

        AssertShownIn("src/Mlops.Storage.AzureBlobs/README.md");
    }
}
