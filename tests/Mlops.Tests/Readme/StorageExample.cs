// readme: begin
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// readme: end

namespace Mlops.Tests.Readme.Storage;

/// <summary>The first example of Mlops.Storage.</summary>
[TestFixture]
public sealed class StorageExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var leases = new LeaseTable(database);
        await using HeldLease? mine = await HeldLease.TryAcquireAsync(leases, "nightly", owner: "worker-1", TimeSpan.FromSeconds(30));
        HeldLease? theirs = await HeldLease.TryAcquireAsync(leases, "nightly", owner: "worker-2", TimeSpan.FromSeconds(30));
        Console.WriteLine($"worker-1 holds it: {mine is not null}, worker-2 holds it: {theirs is not null}");

        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using ArtifactUpload upload = await artifacts.UploadAsync(new MemoryStream("weights"u8.ToArray()));
        Console.WriteLine($"{upload.Artifact.Hash} holds {upload.Artifact.Length} bytes");
        // readme: end

        AssertShownIn("src/Mlops.Storage/README.md");
    }
}
