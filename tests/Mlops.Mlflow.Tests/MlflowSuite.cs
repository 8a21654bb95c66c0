using Microsoft.Extensions.DependencyInjection;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests;

/// <summary>What every suite over a running server starts from; one subclass per engine says which database. The tests share it.</summary>
public abstract class MlflowSuite
{
    private static int _names;

    protected string Folder { get; private set; } = "";

    protected MlflowServer Server { get; private set; } = null!;

    protected Tracker Tracker => Server.Services.GetRequiredService<Tracker>();

    protected ModelRegistry Registry => Server.Services.GetRequiredService<ModelRegistry>();

    protected abstract void Choose(IMlopsStorageBuilder storage, string folder);

    [OneTimeSetUp]
    public async Task StartServer()
    {
        Folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        Server = await MlflowServer.StartAsync(storage => Choose(storage, Folder));
    }

    [OneTimeTearDown]
    public async Task StopServer()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A name that no other test has.</summary>
    protected static string Fresh(string what = "e") => $"{what}-{Interlocked.Increment(ref _names)}";

    protected async Task<string> CreateExperimentAsync() => (await Server.PostAsync("experiments/create", new { name = Fresh() })).Text("experiment_id");

    protected async Task<string> CreateRunAsync(string? experiment = null) =>
        (await Server.PostAsync("runs/create", new { experiment_id = experiment ?? await CreateExperimentAsync(), start_time = 1_700_000_000_000 })).Text("run.info.run_id");

    protected static void AssertRefused(Answer answer, int status, string error, string? message = null)
    {
        Assert.That(answer.Status, Is.EqualTo(status), answer.Body);
        Assert.That(answer.Error, Is.EqualTo(error), answer.Body);
        if (message is not null)
        {
            Assert.That(answer.Message, Does.Contain(message));
        }
    }

    protected static void AssertDone(Answer answer) => Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
}
