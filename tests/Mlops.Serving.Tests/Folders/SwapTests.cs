namespace Mlops.Serving.Tests;

/// <summary>Who answers a call while places take each other's versions, come and go.</summary>
public sealed class SwapTests
{
    private string _root = "";

    [SetUp]
    public void CreateFolder() => _root = Directory.CreateTempSubdirectory("mlops-swap-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_root, recursive: true);

    [Test]
    public async Task A_version_that_is_named_answers_however_often_it_changes_places()
    {
        Put(1);
        Put(2);
        await using ModelServer server = await StartAsync(maximumVersions: 2);
        ServedModel model = server.Get("m");
        Deployment live = model.Route(new PredictionOptions { Version = 2 }), other = model.Route(new PredictionOptions { Version = 1 });
        ServedVersion first = other.Version!, second = live.Version!;
        using var stopping = new CancellationTokenSource();
        var changing = Task.Run(() =>
        {
            while (!stopping.IsCancellationRequested)
            {
                Deployment.TryExchange(live, second, other, first, isPromotion: false);
                Deployment.TryExchange(live, first, other, second, isPromotion: false);
            }
        });

        int others = 0, missing = 0;
        for (int i = 0; i < 400_000; i++)
        {
            long number = 1 + (i & 1);
            try
            {
                ModelSnapshot snapshot = model.Acquire(new PredictionOptions { Version = number }, isRouted: true, out Routing _);
                if (snapshot.Version.Number != number)
                    others++;
                snapshot.Release();
            }
            catch (ModelVersionNotFoundException)
            {
                missing++;
            }
        }

        await stopping.CancelAsync();
        await changing;
        Assert.That((others, missing), Is.EqualTo((0, 0)), "both were loaded all the time");
    }

    [Test]
    public async Task Calls_without_a_version_are_answered_while_the_versions_of_a_folder_come_and_go()
    {
        Put(1);
        await ModelFolderManifest.WriteAsync(_root);
        await using ModelServer server = await StartAsync(maximumVersions: 1);
        ServedModel model = server.Get("m");
        using var stopping = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            long answered = 0;
            while (!stopping.IsCancellationRequested)
            {
                model.Acquire(default, isRouted: true, out Routing _).Release();
                if (answered++ % 64 != 0)
                    continue;
                long number = model.Version!.Number;
                try
                {
                    using TensorResponse response = await model.InferAsync(
                        new TensorRequest().AddInput("features", [1, 1], new float[1]), new PredictionOptions { Version = number });
                    Assert.That((response.Version.Number, response["prediction"].Get<float>()[0]), Is.EqualTo((number, (float)number)));
                }
                catch (ModelVersionNotFoundException)
                {
                    // It has left.
                }
            }

            return answered;
        });

        for (int number = 2; number <= 60; number++)
        {
            Put(number);
            await ModelFolderManifest.WriteAsync(_root);
            await server.Folder!.LoadAsync("m");
            Directory.Delete(Path.Combine(_root, "m", $"{number - 1}"), recursive: true);
        }

        await stopping.CancelAsync();
        Assert.That(await asking, Is.Positive);
        Assert.That(model.Version!.Number, Is.EqualTo(60));
    }

    private async Task<ModelServer> StartAsync(int maximumVersions)
    {
        var server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime() }.AddModelFolder(_root, folder => folder.MaximumVersions = maximumVersions));
        await server.StartAsync();
        return server;
    }

    private void Put(int version)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, "m", $"{version}")).FullName;
        File.WriteAllBytes(Path.Combine(folder, "model.onnx"), LinearRuntime.File(0, version));
    }
}
