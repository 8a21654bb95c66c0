// readme: begin
using Mlops.Storage;
using Mlops.Storage.S3;
using Mlops.Storage.Sqlite;
// readme: end
using Mlops.Storage.Conformance;

namespace Mlops.Tests.Readme.StorageS3;

/// <summary>The first example of Mlops.Storage.S3.</summary>
[TestFixture]
public sealed class StorageS3Example : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        using ObjectStoreEmulator emulator = ObjectStoreEmulator.StartS3();
        Environment.SetEnvironmentVariable("S3_URL", emulator.Url);
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", ObjectStoreEmulator.S3Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", ObjectStoreEmulator.S3Key);

        // readme: begin
        var server = new Uri(Environment.GetEnvironmentVariable("S3_URL") ?? "http://127.0.0.1:9000");
        using var store = new S3ArtifactStore(new S3ArtifactOptions { Bucket = "mlops", ServiceUrl = server, ForcePathStyle = true, AllowHttp = true });
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, store);
        await using ArtifactUpload upload = await artifacts.UploadAsync(new MemoryStream("weights"u8.ToArray()));
        await artifacts.DownloadAsync(upload.Artifact.Hash, "model.bin");
        Console.WriteLine($"{upload.Artifact.Hash}: {File.ReadAllText("model.bin")}");
        // readme: end

        AssertShownIn("src/Mlops.Storage.S3/README.md");
    }
}
