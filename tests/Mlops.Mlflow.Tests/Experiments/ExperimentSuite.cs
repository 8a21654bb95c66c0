using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Experiments;

public abstract class ExperimentSuite : MlflowSuite
{
    [Test]
    public async Task The_default_experiment_exists_from_the_start()
    {
        Answer byId = await Server.GetAsync("experiments/get?experiment_id=0");
        Answer byName = await Server.GetAsync("experiments/get-by-name?experiment_name=Default");

        Assert.That(byId.Text("experiment.name"), Is.EqualTo("Default"));
        Assert.That(byId.Text("experiment.artifact_location"), Is.EqualTo("mlflow-artifacts:/0"));
        Assert.That(byName.Text("experiment.experiment_id"), Is.EqualTo("0"));
        AssertRefused(await Server.PostAsync("experiments/create", new { name = "Default" }), 400, "RESOURCE_ALREADY_EXISTS");
        AssertRefused(await Server.PostAsync("experiments/update", new { experiment_id = "0", new_name = "x" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task The_default_experiment_is_there_before_anybody_asks_and_the_oldest()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-mlflow-").FullName;
        try
        {
            await using MlflowServer server = await MlflowServer.StartAsync(storage => Choose(storage, folder));
            Tracker tracker = server.Services.GetRequiredService<Tracker>();

            Assert.That((await tracker.ListExperimentsAsync()).Experiments.Select(static e => e.Name), Is.EqualTo(new[] { "Default" }));
            await server.PostAsync("experiments/create", new { name = "other" });
            Assert.That(Names(await server.GetAsync("experiments/search?max_results=9")), Is.EqualTo(new[] { "other", "Default" }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public async Task A_created_experiment_is_found_by_id_and_by_name()
    {
        string name = Fresh();
        string id = (await Server.PostAsync("experiments/create", new { name, tags = new[] { new { key = "team", value = "a" } } })).Text("experiment_id");

        Answer byId = await Server.GetAsync($"experiments/get?experiment_id={id}");
        Answer byName = await Server.GetAsync($"experiments/get-by-name?experiment_name={name}");

        Assert.That(byId.Body, Is.EqualTo(byName.Body));
        JsonElement experiment = byId["experiment"];
        Assert.That(experiment.GetProperty("experiment_id").GetString(), Is.EqualTo(id));
        Assert.That(experiment.GetProperty("name").GetString(), Is.EqualTo(name));
        Assert.That(experiment.GetProperty("lifecycle_stage").GetString(), Is.EqualTo("active"));
        Assert.That(experiment.GetProperty("artifact_location").GetString(), Is.EqualTo($"mlflow-artifacts:/{id}"));
        Assert.That(experiment.GetProperty("creation_time").GetInt64(), Is.GreaterThan(1_700_000_000_000));
        Assert.That(experiment.GetProperty("tags")[0].GetProperty("value").GetString(), Is.EqualTo("a"));
    }

    [Test]
    public async Task A_name_is_taken_by_deleted_experiments_too_and_the_message_shows_no_sql()
    {
        string name = Fresh();
        string id = (await Server.PostAsync("experiments/create", new { name })).Text("experiment_id");

        AssertRefused(await Server.PostAsync("experiments/create", new { name }), 400, "RESOURCE_ALREADY_EXISTS");
        AssertDone(await Server.PostAsync("experiments/delete", new { experiment_id = id }));
        Answer again = await Server.PostAsync("experiments/create", new { name });

        AssertRefused(again, 400, "RESOURCE_ALREADY_EXISTS", "deleted");
        Assert.That(again.Body, Does.Not.Contain("INSERT").And.Not.Contain("tracking_"));
    }

    [Test]
    public async Task An_experiment_needs_a_name([Values("{}", """{"name":""}""", """{"name":null}""")] string body) =>
        AssertRefused(await Server.PostTextAsync("experiments/create", body), 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'");

    [Test]
    public async Task A_name_that_is_no_text_is_refused_with_its_type([Values("5", "true", "[]", "{}")] string value) =>
        AssertRefused(await Server.PostTextAsync("experiments/create", $$"""{"name":{{value}}}"""), 400, "INVALID_PARAMETER_VALUE", "Hint: Value was of type");

    [TestCase("runs:/abc")]
    [TestCase("s3://bucket/a#b")]
    [TestCase("s3://bucket/a;b")]
    [TestCase("https://host/a?b=../c")]
    [TestCase("https://host/a%3Fb=%2e%2e/c")]
    public async Task Some_artifact_locations_are_refused(string location) =>
        AssertRefused(await Server.PostAsync("experiments/create", new { name = Fresh(), artifact_location = location }), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task A_client_does_not_choose_where_artifacts_are_kept()
    {
        string id = (await Server.PostAsync("experiments/create", new { name = Fresh(), artifact_location = "file:///etc" })).Text("experiment_id");

        Assert.That((await Server.GetAsync($"experiments/get?experiment_id={id}")).Text("experiment.artifact_location"), Is.EqualTo($"mlflow-artifacts:/{id}"));
    }

    [TestCase("999999", 404, "RESOURCE_DOES_NOT_EXIST")]
    [TestCase("abc", 404, "RESOURCE_DOES_NOT_EXIST")]
    [TestCase("99999999999999999999", 404, "RESOURCE_DOES_NOT_EXIST")]
    [TestCase("-1", 400, "INVALID_PARAMETER_VALUE")]
    [TestCase("1'--", 400, "INVALID_PARAMETER_VALUE")]
    [TestCase("", 400, "INVALID_PARAMETER_VALUE")]
    public async Task What_is_no_experiment_is_not_found_or_refused(string id, int status, string error) =>
        AssertRefused(await Server.GetAsync($"experiments/get?experiment_id={Uri.EscapeDataString(id)}"), status, error);

    [Test]
    public async Task An_absent_name_is_not_found() =>
        AssertRefused(await Server.GetAsync("experiments/get-by-name?experiment_name=nobody"), 404, "RESOURCE_DOES_NOT_EXIST");

    [Test]
    public async Task Deletion_takes_the_runs_along_and_restoring_brings_them_back()
    {
        string id = await CreateExperimentAsync(), run = await CreateRunAsync(id);

        AssertDone(await Server.PostAsync("experiments/delete", new { experiment_id = id }));
        Assert.That((await Server.GetAsync($"experiments/get?experiment_id={id}")).Text("experiment.lifecycle_stage"), Is.EqualTo("deleted"));
        Assert.That((await Server.GetAsync($"runs/get?run_id={run}")).Text("run.info.lifecycle_stage"), Is.EqualTo("deleted"));
        AssertRefused(await Server.PostAsync("experiments/delete", new { experiment_id = id }), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.PostAsync("experiments/update", new { experiment_id = id, new_name = Fresh() }), 500, "INVALID_STATE", "Cannot rename a non-active experiment.");
        AssertRefused(await Server.PostAsync("experiments/set-experiment-tag", new { experiment_id = id, key = "a", value = "b" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("runs/create", new { experiment_id = id }), 400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");

        AssertDone(await Server.PostAsync("experiments/restore", new { experiment_id = id }));
        Assert.That((await Server.GetAsync($"runs/get?run_id={run}")).Text("run.info.lifecycle_stage"), Is.EqualTo("active"));
        AssertRefused(await Server.PostAsync("experiments/restore", new { experiment_id = id }), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task An_experiment_is_renamed()
    {
        string id = await CreateExperimentAsync(), name = Fresh();

        AssertDone(await Server.PostAsync("experiments/update", new { experiment_id = id, new_name = name }));

        Assert.That((await Server.GetAsync($"experiments/get-by-name?experiment_name={name}")).Text("experiment.experiment_id"), Is.EqualTo(id));
        AssertRefused(await Server.PostAsync("experiments/update", new { experiment_id = id }), 400, "INVALID_PARAMETER_VALUE", "'new_name'");
    }

    [Test]
    public async Task Tags_are_set_replaced_and_removed([Values("experiments/set-experiment-tag", "experimentsset-experiment-tag")] string path)
    {
        string id = await CreateExperimentAsync();

        AssertDone(await Server.PostAsync(path, new { experiment_id = id, key = "k", value = "1" }));
        AssertDone(await Server.PostAsync(path, new { experiment_id = id, key = "k", value = "2" }));
        Assert.That((await Server.GetAsync($"experiments/get?experiment_id={id}")).Text("experiment.tags.0.value"), Is.EqualTo("2"));

        AssertDone(await Server.PostAsync("experiments/delete-experiment-tag", new { experiment_id = id, key = "k" }));
        Assert.That((await Server.GetAsync($"experiments/get?experiment_id={id}")).Has("experiment.tags"), Is.False);
        AssertRefused(await Server.PostAsync("experiments/delete-experiment-tag", new { experiment_id = id, key = "k" }), 404, "RESOURCE_DOES_NOT_EXIST");
        AssertRefused(await Server.PostAsync(path, new { experiment_id = id, key = "k", value = new string('x', 5_001) }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync(path, new { experiment_id = id, key = new string('k', 251), value = "x" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task A_search_needs_to_know_how_many([Values("", "max_results=0", "max_results=-1", "max_results=50001", "max_results=x")] string query)
    {
        AssertRefused(await Server.GetAsync($"experiments/search?{query}"), 400, "INVALID_PARAMETER_VALUE");
        Assert.That((await Server.GetAsync("experiments/search?max_results=50000")).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_search_filters_orders_and_pages()
    {
        string prefix = Fresh("search") + "-";
        foreach (string name in (string[])["b", "a", "c"])
        {
            await Server.PostAsync("experiments/create", new { name = prefix + name, tags = new[] { new { key = "which", value = name } } });
        }

        string filter = Uri.EscapeDataString($"name LIKE '{prefix}%'");
        Answer newest = await Server.GetAsync($"experiments/search?max_results=10&filter={filter}");
        Answer named = await Server.PostAsync("experiments/search", new { max_results = "2", filter = $"name LIKE '{prefix}%'", order_by = new[] { "name ASC" } });
        Answer rest = await Server.PostAsync("experiments/search", new { max_results = 2, filter = $"name LIKE '{prefix}%'", order_by = new[] { "name ASC" }, page_token = named.Text("next_page_token") });
        Answer tagged = await Server.PostAsync("experiments/search", new { max_results = 2, filter = $"tags.which = 'c' AND name LIKE '{prefix}%'" });

        Assert.That(Names(newest), Is.EqualTo(new[] { prefix + "c", prefix + "a", prefix + "b" }));
        Assert.That(Names(named).Concat(Names(rest)), Is.EqualTo(new[] { prefix + "a", prefix + "b", prefix + "c" }));
        Assert.That(rest.Has("next_page_token"), Is.False);
        Assert.That(Names(tagged), Is.EqualTo(new[] { prefix + "c" }));
        AssertRefused(await Server.PostAsync("experiments/search", new { max_results = 2, page_token = "nonsense" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("experiments/search", new { max_results = 2, filter = "name = 'a'; DROP TABLE x" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task A_view_type_shows_deleted_ones_by_name_or_number()
    {
        string prefix = Fresh("view") + "-";
        string gone = (await Server.PostAsync("experiments/create", new { name = prefix + "gone" })).Text("experiment_id");
        await Server.PostAsync("experiments/create", new { name = prefix + "here" });
        await Server.PostAsync("experiments/delete", new { experiment_id = gone });

        async Task<string[]> SeenAsync(object? view) => Names(await Server.PostAsync("experiments/search", new { max_results = 9, filter = $"name LIKE '{prefix}%'", view_type = view }));
        Assert.That(await SeenAsync(null), Is.EqualTo(new[] { prefix + "here" }));
        Assert.That(await SeenAsync("ACTIVE_ONLY"), Is.EqualTo(new[] { prefix + "here" }));
        Assert.That(await SeenAsync("DELETED_ONLY"), Is.EqualTo(new[] { prefix + "gone" }));
        Assert.That(await SeenAsync(2), Is.EqualTo(new[] { prefix + "gone" }));
        Assert.That(await SeenAsync("ALL"), Has.Length.EqualTo(2));
        AssertRefused(await Server.PostAsync("experiments/search", new { max_results = 9, view_type = "SOME" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task The_old_list_and_a_plain_search_show_the_default_experiment()
    {
        Answer list = await Server.GetAsync("experiments/list");

        Assert.That(list["experiments"].EnumerateArray().Select(static e => e.GetProperty("experiment_id").GetString()), Has.Member("0"));
    }

    private static string[] Names(Answer answer) =>
        answer.Has("experiments") ? [.. answer["experiments"].EnumerateArray().Select(static e => e.GetProperty("name").GetString()!)] : [];
}
