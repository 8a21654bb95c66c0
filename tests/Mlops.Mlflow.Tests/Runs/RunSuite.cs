using System.Text.Json;

namespace Mlops.Mlflow.Tests.Runs;

public abstract class RunSuite : MlflowSuite
{
    [Test]
    public async Task A_run_is_created_as_clients_expect_it()
    {
        string experiment = await CreateExperimentAsync();

        Answer created = await Server.PostAsync("runs/create", new
        {
            experiment_id = experiment,
            run_name = "first",
            user_id = "ann",
            start_time = 1_700_000_000_123,
            tags = new[] { new { key = "stage", value = "a" }, new { key = "stage", value = "b" } },
        });

        JsonElement info = created["run.info"];
        string id = info.GetProperty("run_id").GetString()!;
        Assert.That(id, Does.Match("^[0-9a-f]{32}$"));
        Assert.That(info.GetProperty("run_uuid").GetString(), Is.EqualTo(id));
        Assert.That(info.GetProperty("run_name").GetString(), Is.EqualTo("first"));
        Assert.That(info.GetProperty("experiment_id").GetString(), Is.EqualTo(experiment));
        Assert.That(info.GetProperty("user_id").GetString(), Is.EqualTo("ann"));
        Assert.That(info.GetProperty("status").GetString(), Is.EqualTo("RUNNING"));
        Assert.That(info.GetProperty("start_time").GetInt64(), Is.EqualTo(1_700_000_000_123));
        Assert.That(info.TryGetProperty("end_time", out _), Is.False);
        Assert.That(info.GetProperty("lifecycle_stage").GetString(), Is.EqualTo("active"));
        Assert.That(info.GetProperty("artifact_uri").GetString(), Is.EqualTo($"mlflow-artifacts:/{experiment}/{id}/artifacts"));
        Assert.That(Tags(created, "run.data"), Is.EquivalentTo(new[] { "mlflow.runName=first", "mlflow.user=ann", "stage=b" }));
        Assert.That((await Server.GetAsync($"runs/get?run_id={id}&run_uuid={id}")).Body, Is.EqualTo(created.Body));
        Assert.That((await Server.GetAsync($"runs/get?run_uuid={id}")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_run_without_anything_is_of_experiment_0_and_began_at_0_under_a_name_of_its_own()
    {
        Answer created = await Server.PostTextAsync("runs/create", "");

        Assert.That(created.Text("run.info.experiment_id"), Is.EqualTo("0"));
        Assert.That(created["run.info.start_time"].GetInt64(), Is.Zero);
        Assert.That(created.Text("run.info.run_name"), Does.Match(@"^[a-z]+-[a-z]+-\d{1,3}$"));
        Assert.That(created.Text("run.info.artifact_uri"), Does.StartWith("mlflow-artifacts:/0/"));
    }

    [Test]
    public async Task An_experiment_id_may_be_a_number()
    {
        string experiment = await CreateExperimentAsync();

        Assert.That((await Server.PostTextAsync("runs/create", $$"""{"experiment_id":{{experiment}}}""")).Text("run.info.experiment_id"), Is.EqualTo(experiment));
    }

    [Test]
    public async Task A_name_comes_from_the_tag_too_but_not_from_both()
    {
        object[] tags = [new { key = "mlflow.runName", value = "tagged" }];

        Assert.That((await Server.PostAsync("runs/create", new { tags })).Text("run.info.run_name"), Is.EqualTo("tagged"));
        Assert.That((await Server.PostAsync("runs/create", new { tags, run_name = "tagged" })).Text("run.info.run_name"), Is.EqualTo("tagged"));
        AssertRefused(await Server.PostAsync("runs/create", new { tags, run_name = "other" }), 400, "INVALID_PARAMETER_VALUE", "different values");
    }

    [TestCase("""{"start_time":-1}""")]
    [TestCase("""{"start_time":9223372036854775807}""")]
    [TestCase("""{"start_time":"soon"}""")]
    [TestCase("""{"start_time":1.5}""")]
    [TestCase("""{"tags":{}}""")]
    [TestCase("""{"tags":["a"]}""")]
    [TestCase("""{"tags":[{"value":"a"}]}""")]
    [TestCase("""{"run_name":5}""")]
    [TestCase("""{"experiment_id":true}""")]
    public async Task What_a_run_cannot_begin_with_is_refused(string body) =>
        AssertRefused(await Server.PostTextAsync("runs/create", body), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task An_experiment_that_does_not_exist_has_no_runs() =>
        AssertRefused(await Server.PostAsync("runs/create", new { experiment_id = "987654" }), 404, "RESOURCE_DOES_NOT_EXIST");

    [Test]
    public async Task An_update_changes_only_what_it_names()
    {
        string id = await CreateRunAsync();

        Answer ended = await Server.PostAsync("runs/update", new { run_id = id, status = "FINISHED", end_time = 1_700_000_005_000 });
        Answer renamed = await Server.PostAsync("runs/update", new { run_uuid = id, run_name = "other" });

        Assert.That(ended.Text("run_info.status"), Is.EqualTo("FINISHED"));
        Assert.That(renamed.Text("run_info.status"), Is.EqualTo("FINISHED"));
        Assert.That(renamed["run_info.end_time"].GetInt64(), Is.EqualTo(1_700_000_005_000));
        Assert.That(renamed.Text("run_info.run_name"), Is.EqualTo("other"));
        Assert.That(Tags(await Server.GetAsync($"runs/get?run_id={id}"), "run.data"), Is.EqualTo(new[] { "mlflow.runName=other" }));
    }

    [TestCase("\"FAILED\"", "FAILED")]
    [TestCase("\"KILLED\"", "KILLED")]
    [TestCase("3", "FINISHED")]
    [TestCase("\"SCHEDULED\"", "RUNNING")]
    [TestCase("1", "RUNNING")]
    public async Task A_status_is_a_name_or_a_number(string sent, string stored)
    {
        string id = await CreateRunAsync();

        Assert.That((await Server.PostTextAsync("runs/update", $$"""{"run_id":"{{id}}","status":{{sent}}}""")).Text("run_info.status"), Is.EqualTo(stored));
    }

    [TestCase("\"DONE\"")]
    [TestCase("0")]
    [TestCase("6")]
    [TestCase("[]")]
    public async Task What_is_no_status_is_refused(string status)
    {
        string id = await CreateRunAsync();

        AssertRefused(await Server.PostTextAsync("runs/update", $$"""{"run_id":"{{id}}","status":{{status}}}"""), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task Deletion_and_restoring_may_be_repeated()
    {
        string id = await CreateRunAsync();

        for (int i = 0; i < 2; i++)
        {
            AssertDone(await Server.PostAsync("runs/delete", new { run_id = id }));
        }

        Assert.That((await Server.GetAsync($"runs/get?run_id={id}")).Text("run.info.lifecycle_stage"), Is.EqualTo("deleted"));
        for (int i = 0; i < 2; i++)
        {
            AssertDone(await Server.PostAsync("runs/restore", new { run_id = id }));
        }

        Assert.That((await Server.GetAsync($"runs/get?run_id={id}")).Text("run.info.lifecycle_stage"), Is.EqualTo("active"));
    }

    [Test]
    public async Task No_run_starts_in_a_deleted_experiment_the_default_one_included()
    {
        string other = await CreateExperimentAsync();
        foreach (string id in (string[])["0", other])
        {
            string name = (await Server.GetAsync($"experiments/get?experiment_id={id}")).Text("experiment.name");
            Assert.That(await Tracker.DeleteExperimentAsync(name), Is.True);
            Answer refused = await Server.PostAsync("runs/create", new { experiment_id = id });
            Assert.That(await Tracker.RestoreExperimentAsync(name), Is.True);

            AssertRefused(refused, 400, "INVALID_PARAMETER_VALUE", $"The experiment {id} must be in the 'active' state. Current state is deleted.");
            Assert.That((await Server.PostAsync("runs/create", new { experiment_id = id })).Text("run.info.experiment_id"), Is.EqualTo(id));
        }
    }

    [Test]
    public async Task A_deleted_run_is_not_written_to()
    {
        string id = await CreateRunAsync();
        await Server.PostAsync("runs/delete", new { run_id = id });

        foreach ((string path, object body) in Writes(id))
        {
            AssertRefused(await Server.PostAsync(path, body), 400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");
        }
    }

    [Test]
    public async Task A_run_that_does_not_exist_is_not_found_by_any_endpoint()
    {
        string id = new('0', 32);

        AssertRefused(await Server.GetAsync($"runs/get?run_id={id}"), 404, "RESOURCE_DOES_NOT_EXIST", $"Run with id={id} not found");
        foreach ((string path, object body) in Writes(id))
        {
            AssertRefused(await Server.PostAsync(path, body), 404, "RESOURCE_DOES_NOT_EXIST");
        }
    }

    [TestCase("")]
    [TestCase("run_id=")]
    [TestCase("run_id=-a")]
    [TestCase("run_id=a%20b")]
    [TestCase("run_id=a%00")]
    [TestCase("run_id=..%2f..")]
    public async Task What_is_no_run_id_is_refused(string query) =>
        AssertRefused(await Server.GetAsync($"runs/get?{query}"), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task A_parent_is_known_on_both_sides()
    {
        string parent = await CreateRunAsync();
        string child = (await Server.PostAsync("runs/create", new { tags = new[] { new { key = "mlflow.parentRunId", value = parent } } })).Text("run.info.run_id");
        string orphan = (await Server.PostAsync("runs/create", new { tags = new[] { new { key = "mlflow.parentRunId", value = "elsewhere" } } })).Text("run.info.run_id");

        Assert.That((await Tracker.GetRunAsync(child)).ParentId, Is.EqualTo(parent));
        Assert.That((await Tracker.GetRunAsync(orphan)).ParentId, Is.Null);
        Assert.That(Tags(await Server.GetAsync($"runs/get?run_id={orphan}"), "run.data"), Has.Member("mlflow.parentRunId=elsewhere"));
    }

    private static (string Path, object Body)[] Writes(string id) =>
    [
        ("runs/update", new { run_id = id, status = "FINISHED" }),
        ("runs/log-metric", new { run_id = id, key = "a", value = 1, timestamp = 1 }),
        ("runs/log-parameter", new { run_id = id, key = "a", value = "1" }),
        ("runs/set-tag", new { run_id = id, key = "a", value = "1" }),
        ("runs/delete-tag", new { run_id = id, key = "mlflow.runName" }),
        ("runs/log-batch", new { run_id = id, metrics = new[] { new { key = "a", value = 1, timestamp = 1 } } }),
        ("runs/log-inputs", new { run_id = id, datasets = new[] { new { dataset = new { name = "d", digest = "1" } } } }),
    ];

    private static string[] Tags(Answer answer, string path) =>
        [.. answer[path].GetProperty("tags").EnumerateArray().Select(static tag => $"{tag.GetProperty("key").GetString()}={tag.GetProperty("value").GetString()}")];
}
