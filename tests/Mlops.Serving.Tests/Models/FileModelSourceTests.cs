namespace Mlops.Serving.Tests;

public sealed class FileModelSourceTests
{
    private string _path = "";

    [SetUp]
    public void CreateFile()
    {
        _path = Path.Combine(Directory.CreateTempSubdirectory("mlops-serving-").FullName, "model.txt");
        File.WriteAllBytes(_path, LinearRuntime.File(0, 1));
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Test]
    public async Task A_file_that_is_replaced_is_served_without_asking()
    {
        await using ModelServer server = Server(_path);
        await server.StartAsync();
        Assert.That(server.Get("m").Version!.Number, Is.EqualTo(1));

        string next = _path + ".next";
        File.WriteAllBytes(next, LinearRuntime.File(0, 2));
        File.Move(next, _path, overwrite: true);

        Assert.That(() => server.Get("m").Version!.Number, Is.EqualTo(2).After(10_000, 10));
        Assert.That((await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1])).Value, Is.EqualTo(2f));
    }

    [Test]
    public async Task A_missing_file_is_named()
    {
        await using ModelServer server = Server(_path + ".missing");

        ModelLoadException failure = (await Assert.ThrowsAsync<ModelLoadException>(() => server.StartAsync()))!;

        Assert.That(failure.Reason, Is.EqualTo(ModelLoadFailure.SourceFailed));
        Assert.That(failure.Message, Does.Contain("model.txt.missing"));
    }

    private static ModelServer Server(string path) => ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }
        .AddModel("m", m => m.FromFile(path).Configure(o => o.ReloadDelay = TimeSpan.FromMilliseconds(20))));
}
