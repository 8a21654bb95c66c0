namespace Mlops.Mlflow.Tests.Runs;

public abstract class RunSearchSuite : MlflowSuite
{
    private string _first = "";
    private string _second = "";
    private string _deleted = "";

    [OneTimeSetUp]
    public async Task LogRuns()
    {
        _first = await CreateExperimentAsync();
        _second = await CreateExperimentAsync();
        await LogAsync(_first, "one", 1_000, 0.5, "ridge", "a");
        await LogAsync(_first, "two", 2_000, 0.25, "tree", "b");
        await LogAsync(_first, "three", 3_000, null, "tree", null);
        await LogAsync(_second, "four", 4_000, 0.75, "ridge", "a");
        _deleted = await LogAsync(_first, "gone", 5_000, 0.1, "tree", "a");
        await Server.PostAsync("runs/delete", new { run_id = _deleted });
    }

    [TestCase("", "four three two one")]
    [TestCase("metrics.loss < 0.6", "two one")]
    [TestCase("metrics.`loss` >= 0.5 AND params.kind = 'ridge'", "four one")]
    [TestCase("metrics.loss != 0.5", "four two")]
    [TestCase("params.kind = \"tree\"", "three two")]
    [TestCase("parameters.kind LIKE 'rid%'", "four one")]
    [TestCase("param.kind ILIKE 'RID%'", "four one")]
    [TestCase("params.kind LIKE 'RID%'", "")]
    [TestCase("tags.stage != 'a'", "two")]
    [TestCase("tags.\"mlflow.runName\" = 'two'", "two")]
    [TestCase("attributes.status = 'RUNNING'", "four three two one")]
    [TestCase("status = 'FINISHED'", "")]
    [TestCase("attributes.start_time > 2000", "four three")]
    [TestCase("run_name = 'three'", "three")]
    [TestCase("attributes.`run name` = 'three'", "three")]
    [TestCase("user_id = 'ann'", "four three two one")]
    public async Task A_filter_finds(string filter, string found) => Assert.That(
        Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first, _second }, filter })), Is.EqualTo(found));

    [TestCase("params.kind = tree")]
    [TestCase("metrics.loss < 'a'")]
    [TestCase("nothing.x = 'a'")]
    [TestCase("colour = 'a'")]
    [TestCase("metrics.loss < 1; DROP TABLE tracking_run")]
    [TestCase("params.kind = 'a' --")]
    [TestCase("metrics.loss <")]
    [TestCase("params.kind = 'a\u0000b'")]
    public async Task What_is_no_filter_is_refused(string filter) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, filter }), 400, "INVALID_PARAMETER_VALUE");

    [TestCase("metrics.loss", "two one four three")]
    [TestCase("metrics.loss DESC", "four one two three")]
    [TestCase("params.kind|start_time ASC", "one four two three")]
    [TestCase("tags.stage DESC|metrics.loss ASC", "two one four three")]
    [TestCase("attributes.start_time", "one two three four")]
    public async Task An_order_is_kept_with_missing_values_last(string order, string found) => Assert.That(
        Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first, _second }, order_by = order.Split('|') })), Is.EqualTo(found));

    [Test]
    public async Task What_orders_twice_or_by_nothing_is_refused([Values("start_time|start_time", "datasets.name", "colour", "metrics.loss SIDEWAYS")] string order) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, order_by = order.Split('|') }), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task Pages_follow_each_other()
    {
        List<string> seen = [];
        string? token = null;
        do
        {
            Answer page = await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first, _second }, max_results = 1, order_by = new[] { "metrics.loss DESC" }, page_token = token });
            seen.Add(Names(page));
            token = page.Has("next_page_token") ? page.Text("next_page_token") : null;
        }
        while (token is not null && seen.Count < 10);

        Assert.That(seen, Is.EqualTo(new[] { "four", "one", "two", "three" }));
        AssertRefused(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, page_token = "eyJvZmZzZXQiOiAxfQ==" }), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task A_page_may_be_larger_than_what_is_read_at_once()
    {
        string experiment = await CreateExperimentAsync();
        string name = await NameOfAsync(experiment);
        await Task.WhenAll(Enumerable.Range(0, 1_005).Select(i => Tracker.CreateRunAsync(name, new() { StartTime = DateTimeOffset.FromUnixTimeMilliseconds(i) })));

        Answer all = await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment }, max_results = 1_004 });

        Assert.That(all["runs"].GetArrayLength(), Is.EqualTo(1_004));
        Answer rest = await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment }, max_results = 1_004, page_token = all.Text("next_page_token") });
        Assert.That(rest["runs"].GetArrayLength(), Is.EqualTo(1));
        Assert.That(rest.Has("next_page_token"), Is.False);
    }

    [Test]
    public async Task Deleted_runs_are_seen_by_who_asks_for_them()
    {
        async Task<string> SeenAsync(object? view) => Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, run_view_type = view }));
        Assert.That(await SeenAsync(null), Is.EqualTo("three two one"));
        Assert.That(await SeenAsync("DELETED_ONLY"), Is.EqualTo("gone"));
        Assert.That(await SeenAsync(3), Is.EqualTo("gone three two one"));
    }

    [Test]
    public async Task Nothing_is_an_empty_object()
    {
        Assert.That((await Server.PostAsync("runs/search", new { })).Body, Is.EqualTo("{}"));
        Assert.That((await Server.PostAsync("runs/search", new { experiment_ids = new[] { "7777" } })).Body, Is.EqualTo("{}"));
        Assert.That((await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, filter = "run_name = 'nobody'" })).Body, Is.EqualTo("{}"));
    }

    [Test]
    public async Task Runs_of_one_start_follow_by_their_ids()
    {
        string experiment = await CreateExperimentAsync();
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add((await Server.PostAsync("runs/create", new { experiment_id = experiment, start_time = 1 })).Text("run.info.run_id"));
        }

        Answer found = await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment } });
        Assert.That(
            found["runs"].EnumerateArray().Select(static run => run.GetProperty("info").GetProperty("run_id").GetString()),
            Is.EqualTo(ids.Order(StringComparer.Ordinal)));
    }

    [Test]
    public async Task A_page_has_1_to_50000_runs([Values(0, -1, 50_001)] int count) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, max_results = count }), 400, "INVALID_PARAMETER_VALUE");

    private async Task<string> NameOfAsync(string experiment) => (await Server.GetAsync($"experiments/get?experiment_id={experiment}")).Text("experiment.name");

    private async Task<string> LogAsync(string experiment, string name, long start, double? loss, string kind, string? stage)
    {
        string id = (await Server.PostAsync("runs/create", new { experiment_id = experiment, run_name = name, start_time = start, user_id = "ann" })).Text("run.info.run_id");
        await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "kind", value = kind });
        if (loss is { } value)
        {
            await Server.PostAsync("runs/log-metric", new { run_id = id, key = "loss", value, timestamp = 1 });
        }

        if (stage is not null)
        {
            await Server.PostAsync("runs/set-tag", new { run_id = id, key = "stage", value = stage });
        }

        return id;
    }

    private static string Names(Answer answer)
    {
        Assert.That(answer.Status, Is.EqualTo(200), answer.Body);
        return answer.Has("runs") ? string.Join(' ', answer["runs"].EnumerateArray().Select(static run => run.GetProperty("info").GetProperty("run_name").GetString())) : "";
    }
}
