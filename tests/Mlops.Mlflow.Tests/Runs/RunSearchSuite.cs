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
    [TestCase("attributes.status = 'SCHEDULED'", "")]
    [TestCase("status != 'SCHEDULED'", "four three two one")]
    [TestCase("attr.status = \"bogus\"", "")]
    [TestCase("run.status != 'it''s' and tags.stage = 'b'", "two")]
    [TestCase("metrics.loss < 0.6 AND status = 'bogus'", "")]
    [TestCase("params.kind IN ('ridge') AND status = 'running'", "four one")]
    [TestCase("attributes.start_time <= 253402300799999", "four three two one")]
    [TestCase("attributes.end_time > 0", "")]
    [TestCase("tags.mlflow.runName LIKE 't%'", "three two")]
    [TestCase("artifact_uri LIKE 'mlflow-artifacts:/%/artifacts'", "four three two one")]
    [TestCase("attributes.artifact_uri = 'mlflow-artifacts:/0'", "")]
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
    [TestCase("start_time > 9223372036854775807")]
    [TestCase("start_time > 1e300")]
    [TestCase("status = 'a")]
    [TestCase("params.kind LIKE 'a\\")]
    public async Task What_is_no_filter_is_refused(string filter) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, filter }), 400, "INVALID_PARAMETER_VALUE");

    [TestCase("metrics.loss", "two one four three")]
    [TestCase("metrics.loss DESC", "four one two three")]
    [TestCase("params.kind|start_time ASC", "one four two three")]
    [TestCase("tags.stage DESC|metrics.loss ASC", "two one four three")]
    [TestCase("attributes.start_time", "one two three four")]
    [TestCase("tags.mlflow.runName", "four one three two")]
    public async Task An_order_is_kept_with_missing_values_last(string order, string found) => Assert.That(
        Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first, _second }, order_by = order.Split('|') })), Is.EqualTo(found));

    [Test]
    public async Task What_orders_twice_or_by_nothing_is_refused([Values("start_time|start_time", "datasets.name", "colour", "metrics.loss SIDEWAYS")] string order) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, order_by = order.Split('|') }), 400, "INVALID_PARAMETER_VALUE");

    [Test]
    public async Task A_run_is_found_by_the_address_of_its_artifacts_as_it_is_shown()
    {
        string experiment = await CreateExperimentAsync();
        foreach (object create in (object[])[new { experiment_id = experiment }, new { }])
        {
            Answer run = await Server.PostAsync("runs/create", create);
            string id = run.Text("run.info.run_id"), uri = run.Text("run.info.artifact_uri");
            string[] experiments = [experiment, _first, "0"];

            Answer found = await Server.PostAsync("runs/search", new { experiment_ids = experiments, filter = $"attributes.artifact_uri = '{uri}'" });
            Answer ordered = await Server.PostAsync("runs/search", new { experiment_ids = experiments, order_by = new[] { "artifact_uri DESC" } });

            Assert.That(found["runs"].EnumerateArray().Single().GetProperty("info").GetProperty("run_id").GetString(), Is.EqualTo(id));
            Assert.That(
                ordered["runs"].EnumerateArray().Select(static r => r.GetProperty("info").GetProperty("artifact_uri").GetString()),
                Is.Ordered.Descending.Using((IComparer<string>)StringComparer.Ordinal));
        }
    }

    [Test]
    public async Task Names_and_parents_that_the_process_gave_are_found_as_the_tags_that_clients_see()
    {
        string experiment = await CreateExperimentAsync(), name = await NameOfAsync(experiment);
        string parent = (await Tracker.CreateRunAsync(name, new() { Name = "outer", StartTime = DateTimeOffset.UnixEpoch })).Id;
        await Tracker.CreateRunAsync(name, new() { Name = "inner", ParentId = parent });

        async Task<string> FoundAsync(string filter) => Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment }, filter }));
        Assert.That(await FoundAsync($"tags.mlflow.parentRunId = '{parent}'"), Is.EqualTo("inner"));
        Assert.That(await FoundAsync($"tags.`mlflow.parentRunId` != '{parent}'"), Is.Empty);
        Assert.That(await FoundAsync("tags.\"mlflow.runName\" ILIKE 'OUT%'"), Is.EqualTo("outer"));
    }

    [Test]
    public async Task In_a_pattern_a_backslash_is_a_character_like_others()
    {
        string experiment = await CreateExperimentAsync();
        foreach ((string name, string path) in ((string, string)[])[("windows", @"C:\data\x"), ("percent", "C:%"), ("end", @"C:\")])
        {
            string id = (await Server.PostAsync("runs/create", new { experiment_id = experiment, run_name = name, start_time = 1 })).Text("run.info.run_id");
            await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "path", value = path });
        }

        async Task<string[]> FoundAsync(string filter) => Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment }, filter })).Split(' ');
        Assert.That(await FoundAsync(@"params.path LIKE 'C:\%'"), Is.EquivalentTo(new[] { "windows", "end" }));
        Assert.That(await FoundAsync(@"params.path ILIKE ""c:\""  and params.path LIKE '%\'"), Is.EqualTo(new[] { "end" }));
        Assert.That(await FoundAsync(@"params.path = 'C:\data\x'"), Is.EqualTo(new[] { "windows" }));
        Assert.That(await FoundAsync(@"params.path LIKE '%\data\_' AND tags.mlflow.runName LIKE 'win%'"), Is.EqualTo(new[] { "windows" }));
    }

    [Test]
    public async Task A_list_may_hold_a_thousand_ids_and_a_search_thousands_of_experiments()
    {
        Answer some = await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, filter = "run_name = 'two'" });
        string id = some.Text("runs.0.info.run_id");
        string[] ids = [.. Enumerable.Range(0, 999).Select(static i => $"{i:x32}"), id];
        string[] experiments = [.. Enumerable.Range(1_000_000, 4_000).Select(static i => $"{i}"), _second, _first];

        Answer found = await Server.PostAsync("runs/search", new { experiment_ids = experiments, filter = $"run_id IN ({string.Join(", ", ids.Select(static one => $"'{one}'"))})" });

        Assert.That(Names(found), Is.EqualTo("two"));
        Assert.That(Names(await Server.PostAsync("runs/search", new { experiment_ids = experiments })), Is.EqualTo("four three two one"));
        AssertRefused(await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first, "a b" } }), 400, "INVALID_PARAMETER_VALUE", "Invalid experiment ID");
        AssertRefused(await Server.PostAsync("runs/search", new { experiment_ids = Enumerable.Range(1, 10_001) }), 400, "INVALID_PARAMETER_VALUE", "10000");
    }

    [Test]
    public async Task Runs_are_found_by_the_data_they_read()
    {
        string experiment = await CreateExperimentAsync(), id = await LogAsync(experiment, "reader", 1, null, "a", null);
        await Server.PostAsync("runs/log-inputs", new { run_id = id, datasets = new[] { new { tags = new[] { new { key = "mlflow.data.context", value = "train" } }, dataset = new { name = "rides", digest = "abc", source_type = "local", source = "x" } } } });
        await LogAsync(experiment, "other", 2, null, "a", null);

        foreach (string filter in (string[])["datasets.name = 'rides'", "dataset.digest IN ('abc', 'x')", "datasets.context LIKE 'tr%'", "dataset.context != 'test'"])
        {
            Assert.That(Names(await Server.PostAsync("runs/search", new { experiment_ids = new[] { experiment }, filter })), Is.EqualTo("reader"), filter);
        }
    }

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
    public async Task A_page_has_1_to_50000_runs([Values(0, -1, 50_001, 123_456_789)] int count) => AssertRefused(
        await Server.PostAsync("runs/search", new { experiment_ids = new[] { _first }, max_results = count }),
        400, "INVALID_PARAMETER_VALUE", $"Invalid value {count} for parameter 'max_results' supplied: It must be {(count < 1 ? "a positive integer" : "at most 50000")}");

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
