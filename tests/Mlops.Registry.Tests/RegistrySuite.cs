using System.Text;
using Microsoft.Extensions.Time.Testing;
using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry.Tests;

/// <summary>What every suite over a database starts from; one subclass per engine says which database.</summary>
public abstract class RegistrySuite
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected string Folder { get; private set; } = "";

    protected FakeTimeProvider Time { get; private set; } = null!;

    protected Database Database { get; private set; } = null!;

    protected ArtifactCatalog Artifacts { get; private set; } = null!;

    protected ModelRegistry Registry { get; private set; } = null!;

    /// <summary>A database of this test's own: empty at the first call, the same one at later calls.</summary>
    protected abstract Database Create(string folder);

    [SetUp]
    public void OpenRegistry()
    {
        Folder = Directory.CreateTempSubdirectory("mlops-registry-").FullName;
        Time = new FakeTimeProvider(Start);
        Database = Create(Folder);
        Artifacts = new ArtifactCatalog(Database, new FileArtifactStore(ArtifactFolder));
        Registry = Open(Database);
    }

    [TearDown]
    public async Task CloseDatabase()
    {
        await Registry.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    protected string ArtifactFolder => Path.Combine(Folder, "artifacts");

    protected ModelRegistry Open(Database database) => new(
        database, new ArtifactCatalog(database, new FileArtifactStore(ArtifactFolder)), new RegistryOptions { Actor = "ann", CacheAliases = false }, Time);

    protected static MemoryStream Content(string text) => new(Encoding.UTF8.GetBytes(text));

    protected static MemoryStream Linear(params double[] weights)
    {
        var file = new MemoryStream();
        OnnxLinearRegression.Write(file, weights, bias: 0);
        file.Position = 0;
        return file;
    }

    /// <summary>For bytes that stand for a model without being one.</summary>
    protected static RegisterOptions Other(string? key = null) => new() { Format = ModelFormat.Other, IdempotencyKey = key };

    /// <summary>Versions 1 to the count of the model <c>m</c>.</summary>
    protected async Task RegisterAsync(int count)
    {
        for (int i = 1; i <= count; i++)
        {
            await Registry.RegisterAsync("m", Content($"bytes {i}"), Other());
        }
    }

    protected static async Task CloseAsync(List<Database> databases)
    {
        foreach (Database database in databases)
        {
            await database.DisposeAsync();
        }
    }
}
