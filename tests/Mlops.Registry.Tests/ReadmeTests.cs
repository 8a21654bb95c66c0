using System.Text;
using Mlops.Onnx;
using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Registry.Tests;

public sealed class ReadmeTests
{
    private string _folder = "";

    [SetUp]
    public void WriteModels()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-readme-").FullName;
        foreach ((string name, double weight) in (ReadOnlySpan<(string, double)>)[("first.onnx", 0.8), ("second.onnx", 0.9)])
        {
            using FileStream file = File.Create(Path.Combine(_folder, name));
            OnnxLinearRegression.Write(file, [weight, 1.5], bias: 2);
        }
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task The_example_prints_what_it_shows()
    {
        var printed = new StringBuilder();
        await using var database = new SqliteDatabase($"Data Source={Path.Combine(_folder, "mlops.db")}");
        var artifacts = new ArtifactCatalog(database, new FileArtifactStore(database.DefaultArtifactFolder));
        await using var registry = new ModelRegistry(database, artifacts);

        await using FileStream firstFile = File.OpenRead(Path.Combine(_folder, "first.onnx"));
        ModelVersion first = await registry.RegisterAsync("ridership", firstFile);
        await registry.SetAliasAsync("ridership", "champion", first.Number, Expected.None);
        printed.Append($"{first.Reference} {first.Signature}\n");

        await using FileStream secondFile = File.OpenRead(Path.Combine(_folder, "second.onnx"));
        ModelVersion second = await registry.RegisterAsync("ridership", secondFile);
        IPromotionGate[] gates = [PromotionGate.CompatibleSignature, PromotionGate.AtMost("mae", 1.2)];
        foreach (double mae in (double[])[1.31, 1.08])
        {
            PromotionDecision decision = await registry.PromoteAsync(
                second, gates, new() { Evidence = new Dictionary<string, double> { ["mae"] = mae } });
            printed.Append($"accepted: {decision.Accepted} ({string.Join("; ", decision.Gates.Select(g => $"{g.Name}: {g.Reason}"))})\n");
        }

        ModelVersion live = await registry.GetAsync("ridership@champion");
        AliasChange back = await registry.RollbackAsync("ridership", "champion", from: live.Number, new() { Reason = "errors since noon" });
        printed.Append($"version {back.Previous} is rolled back to {back.Number}\n");

        Assert.That(printed.ToString(), Is.EqualTo(
            """
            ridership/1 (features: float32[batch,2]) -> (prediction: float32[batch,1])
            accepted: False (signature: inputs and outputs are compatible; mae: 1.31 is not at most 1.2)
            accepted: True (signature: inputs and outputs are compatible; mae: 1.08 is at most 1.2)
            version 2 is rolled back to 1

            """));
    }
}
