// readme: begin
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Storage.Sqlite;
// readme: end
// given: begin
using Mlops.Onnx;
// given: end

namespace Mlops.Tests.Readme.Registry;

/// <summary>The first example of Mlops.Registry.</summary>
[TestFixture]
public sealed class RegistryExample : ReadmeExample
{
    [Test]
    public async Task It_prints_what_the_readme_shows()
    {
        // given: begin
        foreach ((string name, double weight) in (ReadOnlySpan<(string, double)>)[("first.onnx", 0.8), ("second.onnx", 0.9)])
        {
            using FileStream model = File.Create(name);
            OnnxLinearRegression.Write(model, [weight, 1.5], bias: 2);
        }
        // given: end

        // readme: begin
        await using var database = new SqliteDatabase("Data Source=mlops.db");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using var registry = new ModelRegistry(database, artifacts);

        ModelVersion first = await registry.RegisterAsync("ridership", File.OpenRead("first.onnx"));
        await registry.SetAliasAsync("ridership", "champion", first.Number, Expected.None);
        Console.WriteLine($"{first.Reference} {first.Signature}");

        ModelVersion second = await registry.RegisterAsync("ridership", File.OpenRead("second.onnx"));
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
        // readme: end

        AssertShownIn("src/Mlops.Registry/README.md");
    }
}
