using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tests.Readme.RegistryModels;

/// <summary>Models, folders, filters and approvals.</summary>
[TestFixture]
public sealed class RegistryModelsExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using var registry = new ModelRegistry(database, artifacts, new RegistryOptions { Actor = "ann" });

        // readme: begin
        await registry.CreateModelAsync("ridership", new() { Description = "daily riders", Tags = new Dictionary<string, string> { ["team"] = "transit" } });
        await using ArtifactUpload weights = await artifacts.UploadAsync(new MemoryStream([1, 2, 3]));
        ModelVersion version = await registry.RegisterFilesAsync("ridership", [new ModelFile("model/weights.bin", weights.Artifact.Hash, weights.Artifact.Length)]);
        await registry.SetVersionTagAsync("ridership", version.Number, "kind", "ridge");

        ModelPage models = await registry.ListModelsAsync(new() { Filter = "name ILIKE '%rider%' AND tags.team = 'transit'" });
        VersionPage versions = await registry.ListVersionsAsync(new VersionQuery { Filter = "tags.kind = 'ridge'", Order = "last_updated_timestamp DESC" });
        Console.WriteLine($"{models.Models.Single().Name}: {string.Join(", ", (await registry.ReadFilesAsync(versions.Versions.Single())).Select(file => file.Name))}");

        await registry.ApproveAsync("ridership", version.Number, new() { Actor = "bob", Reason = "looked at the errors" });
        PromotionDecision decision = await registry.PromoteAsync(version, [PromotionGate.Approved(by: 1)]);
        Console.WriteLine($"accepted: {decision.Accepted}, {decision.Gates.Single().Reason}");
        // readme: end

        AssertShownIn("src/Mlops.Registry/README.md");
    }
}
