namespace Mlops.Mlflow.Tests.Protocol;

public abstract class ConcurrencySuite : MlflowSuite
{
    private const int Writers = 8;

    [Test]
    public async Task Eight_clients_write_at_once_and_nothing_is_lost()
    {
        string experiment = await CreateExperimentAsync(), shared = await CreateRunAsync(experiment), model = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name = model });

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async writer =>
        {
            string own = await CreateRunAsync(experiment);
            for (int i = 0; i < 10; i++)
            {
                foreach (string run in (string[])[own, shared])
                {
                    AssertDone(await Server.PostAsync("runs/log-batch", new
                    {
                        run_id = run,
                        metrics = Enumerable.Range(0, 20).Select(p => new { key = $"m{writer}", value = p, timestamp = p, step = i * 20 + p }),
                        @params = new[] { new { key = $"p{writer}-{i}", value = "1" }, new { key = "same", value = "1" } },
                        tags = new[] { new { key = "last", value = $"{writer}" } },
                    }));
                }

                AssertDone(await Server.PostAsync("model-versions/create", new { name = model, source = "s3://b/m" }));
                AssertDone(await Server.PostAsync("registered-models/alias", new { name = model, alias = "champion", version = 1 }));
            }
        }));

        Answer all = await Server.GetAsync($"runs/get?run_id={shared}");
        Assert.That(all["run.data.params"].GetArrayLength(), Is.EqualTo(Writers * 10 + 1));
        for (int writer = 0; writer < Writers; writer++)
        {
            Assert.That((await Server.GetAsync($"metrics/get-history?run_id={shared}&metric_key=m{writer}"))["metrics"].GetArrayLength(), Is.EqualTo(200));
        }

        Assert.That((await Registry.ListVersionsAsync(model, 1_000)).Select(static version => version.Number).Order(), Is.EqualTo(Enumerable.Range(1, Writers * 10)));
    }

    [Test]
    public async Task Of_many_that_create_the_same_one_succeeds()
    {
        string name = Fresh();

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Server.PostAsync("experiments/create", new { name })));

        Assert.That(answers.Count(static answer => answer.Status == 200), Is.EqualTo(1));
        Assert.That(answers.Where(static answer => answer.Status != 200).Select(static answer => answer.Error), Is.All.EqualTo("RESOURCE_ALREADY_EXISTS"));
    }

    [Test]
    public async Task Models_logged_at_once_are_all_remembered()
    {
        string run = await CreateRunAsync();

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async i => AssertDone(await Server.PostAsync("runs/log-model", new
        {
            run_id = run,
            model_json = $$"""{"artifact_path":"m{{i}}","flavors":{},"utc_time_created":"x","run_id":"r"}""",
        }))));

        string history = (await Tracker.GetRunAsync(run)).Tags["mlflow.log-model.history"];
        Assert.That(Enumerable.Range(0, Writers).Select(i => history.Contains($"\"m{i}\"", StringComparison.Ordinal)), Is.All.True);
    }
}
