// readme: begin
using Mlops.Onnx;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// readme: end

namespace Mlops.Tests.Readme.Registry;

/// <summary>The first example of Mlops.Registry.</summary>
[TestFixture]
public sealed class RegistryExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using var registry = new ModelRegistry(database, artifacts);

        ModelVersion first = await registry.RegisterAsync("ridership", Model(weight: 0.8));
        await registry.SetAliasAsync("ridership", "champion", first.Number, Expected.None);
        Console.WriteLine($"{first.Reference} {first.Signature}");

        ModelVersion second = await registry.RegisterAsync("ridership", Model(weight: 0.9));
        IPromotionGate[] gates = [PromotionGate.CompatibleSignature, PromotionGate.AtMost("mae", 1.2)];
        foreach (double mae in (double[])[1.31, 1.08])
        {
            PromotionDecision decision = await registry.PromoteAsync(
                second, gates, new() { Evidence = new Dictionary<string, double> { ["mae"] = mae } });
            Console.WriteLine($"accepted: {decision.Accepted} ({string.Join("; ", decision.Gates.Select(g => $"{g.Name}: {g.Reason}"))})");
        }

        ModelVersion live = await registry.GetAsync("ridership@champion");
        AliasChange back = await registry.RollbackAsync("ridership", "champion", from: live.Number, new() { Reason = "errors since noon" });
        Console.WriteLine($"version {back.Previous} is rolled back to {back.Number}");

        static Stream Model(double weight)
        {
            var file = new MemoryStream();
            OnnxLinearRegression.Write(file, [weight, 1.5], bias: 2);
            file.Position = 0;
            return file;
        }
        // readme: end

        AssertShownIn("src/Mlops.Registry/README.md");
    }
}
