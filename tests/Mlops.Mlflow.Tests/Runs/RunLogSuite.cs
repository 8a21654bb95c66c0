using System.Text.Json;

namespace Mlops.Mlflow.Tests.Runs;

public abstract class RunLogSuite : MlflowSuite
{
    [Test]
    public async Task A_batch_is_stored_whole()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostTextAsync("runs/log-batch", $$"""
            {"run_id":"{{id}}","unknown":{"deep":[1,2]},
             "metrics":[{"key":"loss","value":0.5,"timestamp":1,"step":0},{"key":"loss","value":"0.25","timestamp":"2","step":"1"},{"key":"acc","value":1,"timestamp":3}],
             "params":[{"key":"lr","value":"0.1"},{"key":"empty","value":""}],
             "tags":[{"key":"a","value":"1"},{"key":"a","value":"2"}]}
            """));

        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(Metrics(run), Is.EquivalentTo(new[] { "acc=1@3/0", "loss=0.25@2/1" }));
        Assert.That(Pairs(run, "params"), Is.EquivalentTo(new[] { "empty=", "lr=0.1" }));
        Assert.That(Pairs(run, "tags"), Has.Member("a=2"));
    }

    [Test]
    public async Task A_batch_may_be_encoded_twice_and_name_the_run_as_uuid()
    {
        string id = await CreateRunAsync();
        string inner = $$"""{"run_uuid":"{{id}}","metrics":[{"key":"m","value":1,"timestamp":1}]}""";

        AssertDone(await Server.PostTextAsync("runs/log-batch", JsonSerializer.Serialize(inner)));

        Assert.That(Metrics(await Server.GetAsync($"runs/get?run_id={id}")), Is.EqualTo(new[] { "m=1@1/0" }));
    }

    [Test]
    public async Task A_batch_that_fails_in_one_part_stores_none_of_it()
    {
        string id = await CreateRunAsync();
        await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "p", value = "1" });
        string before = (await Server.GetAsync($"runs/get?run_id={id}")).Body;

        Answer refused = await Server.PostTextAsync("runs/log-batch", $$"""
            {"run_id":"{{id}}","metrics":[{"key":"m","value":1,"timestamp":1}],"params":[{"key":"new","value":"1"},{"key":"p","value":"9"}],"tags":[{"key":"t","value":"1"}]}
            """);

        AssertRefused(refused, 400, "INVALID_PARAMETER_VALUE",
            $"Changing param values is not allowed. Params were already logged='[{{'key': 'p', 'old_value': '1', 'new_value': '9'}}]' for run ID='{id}'.");
        Assert.That((await Server.GetAsync($"runs/get?run_id={id}")).Body, Is.EqualTo(before));
    }

    [Test]
    public async Task A_parameter_is_set_once()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "p", value = "1" }));
        AssertDone(await Server.PostAsync("runs/log-parameter", new { run_id = id, run_uuid = id, key = "p", value = "1" }));
        AssertRefused(await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "p", value = "2" }), 400, "INVALID_PARAMETER_VALUE",
            $"Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='{id}'. Attempted logging new value '2'.");
        AssertRefused(await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "q" }), 400, "INVALID_PARAMETER_VALUE", "'value'");
        AssertDone(await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "q", value = "" }));
    }

    [Test]
    public async Task Long_values_are_cut()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-parameter", new { run_id = id, key = "p", value = new string('x', 6_001) }));
        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key = "t", value = new string('x', 8_001) }));
        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id, @params = new[] { new { key = "b", value = new string('x', 5_999) + "😀" } } }));

        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(Pairs(run, "params"), Is.EquivalentTo(new[] { "b=" + new string('x', 5_999), "p=" + new string('x', 6_000) }));
        Assert.That(Pairs(run, "tags"), Has.Member("t=" + new string('x', 8_000)));
    }

    [Test]
    public async Task The_latest_value_is_that_of_the_greatest_step_then_time_then_value()
    {
        string id = await CreateRunAsync();
        foreach ((double value, long time, long step) in ((double, long, long)[])[(1, 9, 5), (2, 1, 6), (9, 99, 4), (3, 1, 6), (0, 0, -7)])
        {
            AssertDone(await Server.PostAsync("runs/log-metric", new { run_id = id, key = "m", value, timestamp = time, step }));
        }

        Assert.That(Metrics(await Server.GetAsync($"runs/get?run_id={id}")), Is.EqualTo(new[] { "m=3@1/6" }));
    }

    [Test]
    public async Task Values_that_are_not_finite_travel_as_texts([Values("NaN", "Infinity", "-Infinity")] string value)
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-metric", new { run_id = id, key = "one", value, timestamp = 1 }));
        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id, metrics = new[] { new { key = "two", value, timestamp = 1 } } }));

        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(run["run.data.metrics"].EnumerateArray().Select(static m => m.GetProperty("value").GetString()), Is.EqualTo(new[] { value, value }));
    }

    [TestCase("""{"key":"m","value":true,"timestamp":1}""")]
    [TestCase("""{"key":"m","value":"abc","timestamp":1}""")]
    [TestCase("""{"key":"m","value":"1e999","timestamp":1}""")]
    [TestCase("""{"key":"m","value":1e999,"timestamp":1}""")]
    [TestCase("""{"key":"m","value":[],"timestamp":1}""")]
    [TestCase("""{"key":"m","timestamp":1}""")]
    [TestCase("""{"key":"m","value":1}""")]
    [TestCase("""{"value":1,"timestamp":1}""")]
    [TestCase("""{"key":"","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"m","value":1,"timestamp":-1}""")]
    [TestCase("""{"key":"m","value":1,"timestamp":253402300800000}""")]
    [TestCase("""{"key":"m","value":1,"timestamp":1.5}""")]
    [TestCase("""{"key":"m","value":1,"timestamp":1,"step":"x"}""")]
    [TestCase("""{"key":"/m","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a//b","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a/../b","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a/.","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a/","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a;b","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"a\u0000","value":1,"timestamp":1}""")]
    [TestCase("""{"key":"\ud800","value":1,"timestamp":1}""")]
    public async Task What_is_no_metric_is_refused_alone_and_in_a_batch(string metric)
    {
        string id = await CreateRunAsync();

        AssertRefused(await Server.PostTextAsync("runs/log-metric", $$"""{"run_id":"{{id}}",{{metric[1..]}}"""), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostTextAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":[{{metric}}]}"""), 400, "INVALID_PARAMETER_VALUE");
    }

    [TestCase("log-metric", """{"run_id":31,"key":"m","value":41,"timestamp":59}""", "Invalid value 31 for parameter 'run_id' supplied")]
    [TestCase("log-metric", """{"run_id":"RUN","key":31,"value":41,"timestamp":59}""", "Invalid value 31 for parameter 'key' supplied")]
    [TestCase("log-metric", """{"run_id":"RUN","key":"m","value":31,"timestamp":59,"step":"foo"}""", "Invalid value \"foo\" for parameter 'step' supplied. Hint: Value was of type 'str'.")]
    [TestCase("log-metric", """{"run_id":"RUN","key":"m","value":31,"timestamp":"foo","step":41}""", "Invalid value \"foo\" for parameter 'timestamp' supplied")]
    [TestCase("log-metric", """{"run_id":"RUN","key":"m","value":{ "a" : [1, "b"] },"timestamp":1}""", "Invalid value {\"a\":[1,\"b\"]} for parameter 'value' supplied. Hint: Value was of type 'dict'.")]
    [TestCase("log-metric", """{"run_id":null,"key":"m","value":31,"timestamp":59}""", "Missing value for required parameter 'run_id'")]
    [TestCase("log-metric", """{"run_id":"RUN","key":null,"value":31,"timestamp":59}""", "Missing value for required parameter 'key'")]
    [TestCase("log-metric", """{"run_id":"RUN","value":31,"timestamp":59}""", "Missing value for required parameter 'key'")]
    [TestCase("log-parameter", """{"run_id":31,"key":"p","value":41}""", "Invalid value 31 for parameter 'run_id' supplied")]
    [TestCase("log-parameter", """{"run_id":"RUN","key":31,"value":41}""", "Invalid value 31 for parameter 'key' supplied")]
    [TestCase("set-tag", """{"run_id":"RUN","key":"t","value":41}""", "Invalid value 41 for parameter 'value' supplied")]
    [TestCase("set-tag", """{"run_id":"RUN","value":"v"}""", "Missing value for required parameter 'key'")]
    [TestCase("log-batch", """{"run_id":"RUN","metrics":"foo"}""", "Invalid value \"foo\" for parameter 'metrics' supplied")]
    [TestCase("log-batch", """{"run_id":"RUN","params":"foo"}""", "Invalid value \"foo\" for parameter 'params' supplied")]
    [TestCase("log-batch", """{"run_id":"RUN","tags":"foo"}""", "Invalid value \"foo\" for parameter 'tags' supplied")]
    [TestCase("log-batch", """{"run_id":"RUN","metrics":[{"key": "mae", "value": 2.5}]}""", "Invalid value [{\"key\":\"mae\",\"value\":2.5}] for parameter 'metrics' supplied")]
    [TestCase("log-batch", """{"run_id":"RUN","metrics":[{"key": "mae", "value": 2.5}]}""", "Missing value for required parameter 'metrics[0].timestamp'")]
    [TestCase("log-inputs", """{"datasets":[{"dataset":{"name":"n","digest":"d"}}]}""", "Missing value for required parameter 'run_id'")]
    [TestCase("create", """{"tags":"5"}""", "Invalid value \"5\" for parameter 'tags' supplied")]
    public async Task A_refusal_is_said_in_the_words_that_clients_look_for(string path, string body, string message)
    {
        string id = await CreateRunAsync();

        AssertRefused(await Server.PostTextAsync($"runs/{path}", body.Replace("RUN", id, StringComparison.Ordinal)), 400, "INVALID_PARAMETER_VALUE", message);
    }

    [Test]
    public async Task A_long_value_is_shown_in_part([Values("x", "😀")] string piece)
    {
        string id = await CreateRunAsync(), value = "a" + string.Concat(Enumerable.Repeat(piece, 5_000));

        Answer refused = await Server.PostAsync("runs/log-metric", new { run_id = id, key = "m", value, timestamp = 1 });

        AssertRefused(refused, 400, "INVALID_PARAMETER_VALUE", "Invalid value \"a");
        Assert.That(refused.Message, Has.Length.LessThan(400).And.Contain("..."));
    }

    [Test]
    public async Task Times_reach_to_the_end_of_the_year_9999()
    {
        const long Last = 253_402_300_799_999;
        string id = (await Server.PostAsync("runs/create", new { experiment_id = await CreateExperimentAsync(), start_time = Last })).Text("run.info.run_id");

        AssertDone(await Server.PostAsync("runs/log-metric", new { run_id = id, key = "m", value = 1, timestamp = Last, step = long.MaxValue }));
        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id, metrics = new[] { new { key = "m", value = 1, timestamp = Last, step = long.MinValue } } }));
        AssertDone(await Server.PostAsync("runs/update", new { run_id = id, status = "FINISHED", end_time = Last }));

        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That((run["run.info.start_time"].GetInt64(), run["run.info.end_time"].GetInt64()), Is.EqualTo((Last, Last)));
        Answer history = await Server.GetAsync($"metrics/get-history?run_id={id}&metric_key=m&max_results=1");
        Assert.That(history["metrics.0.step"].GetInt64(), Is.EqualTo(long.MinValue));
        Assert.That((await Server.GetAsync($"metrics/get-history?run_id={id}&metric_key=m&max_results=1&page_token={history.Text("next_page_token")}"))["metrics.0.timestamp"].GetInt64(), Is.EqualTo(Last));
        foreach (long beyond in (long[])[Last + 1, long.MaxValue, -1, long.MinValue])
        {
            AssertRefused(await Server.PostAsync("runs/create", new { start_time = beyond }), 400, "INVALID_PARAMETER_VALUE", "'start_time'");
            AssertRefused(await Server.PostAsync("runs/update", new { run_id = id, end_time = beyond }), 400, "INVALID_PARAMETER_VALUE", "'end_time'");
            AssertRefused(await Server.PostAsync("runs/log-metric", new { run_id = id, key = "m", value = 1, timestamp = beyond }), 400, "INVALID_PARAMETER_VALUE", "'timestamp'");
            AssertRefused(await Server.PostAsync("runs/log-batch", new { run_id = id, metrics = new[] { new { key = "m", value = 1, timestamp = beyond } } }), 400, "INVALID_PARAMETER_VALUE", "'timestamp'");
        }
    }

    [TestCase("/p")]
    [TestCase("a//b")]
    [TestCase("a/../b")]
    [TestCase("a;b")]
    public async Task What_is_no_key_is_none_for_parameters_and_tags_either(string key)
    {
        string id = await CreateRunAsync();

        AssertRefused(await Server.PostAsync("runs/log-parameter", new { run_id = id, key, value = "1" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("runs/set-tag", new { run_id = id, key, value = "1" }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("runs/delete-tag", new { run_id = id, key }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("runs/log-batch", new { run_id = id, @params = new[] { new { key, value = "1" } } }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.PostAsync("runs/create", new { tags = new[] { new { key, value = "1" } } }), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"metrics/get-history?run_id={id}&metric_key={Uri.EscapeDataString(key)}"), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task Keys_are_those_of_mlflow([Values("a b", "a/b", "a.b-c_d", "a:b", "größe")] string key)
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-metric", new { run_id = id, key, value = 1, timestamp = 1 }));
        AssertDone(await Server.PostAsync("runs/log-parameter", new { run_id = id, key, value = "1" }));
        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key, value = "1" }));
    }

    [Test]
    public async Task A_key_has_at_most_250_characters()
    {
        string id = await CreateRunAsync(), longest = new('k', 250), longer = new('k', 251);

        foreach (string path in (string[])["runs/log-metric", "runs/log-parameter", "runs/set-tag"])
        {
            AssertDone(await Server.PostAsync(path, new { run_id = id, key = longest, value = "1", timestamp = 1 }));
            AssertRefused(await Server.PostAsync(path, new { run_id = id, key = longer, value = "1", timestamp = 1 }), 400, "INVALID_PARAMETER_VALUE");
        }

        AssertRefused(await Server.PostAsync("runs/log-batch", new { run_id = id, metrics = new[] { new { key = new string('k', 300), value = 1, timestamp = 1 } } }), 400, "INVALID_PARAMETER_VALUE");
    }

    [TestCase("metrics", 1_000)]
    [TestCase("params", 100)]
    [TestCase("tags", 100)]
    public async Task A_batch_holds_at_most_so_many(string kind, int maximum)
    {
        string id = await CreateRunAsync();

        Task<Answer> LogAsync(int count) => Server.PostTextAsync(
            "runs/log-batch", $$"""{"run_id":"{{id}}","{{kind}}":[{{string.Join(",", Enumerable.Range(0, count).Select(static i => $$"""{"key":"k{{i}}","value":"1","timestamp":1}"""))}}]}""");
        AssertDone(await LogAsync(maximum));
        AssertRefused(await LogAsync(maximum + 1), 400, "INVALID_PARAMETER_VALUE", $"at most {maximum} {kind}. Got {maximum + 1}");
    }

    [Test]
    public async Task A_batch_holds_at_most_1000_together()
    {
        string id = await CreateRunAsync();

        AssertRefused(
            await Server.PostAsync("runs/log-batch", new
            {
                run_id = id,
                metrics = Enumerable.Range(0, 950).Select(static i => new { key = "m", value = i, timestamp = i }),
                @params = Enumerable.Range(0, 51).Select(static i => new { key = $"p{i}", value = "" }),
            }),
            400, "INVALID_PARAMETER_VALUE", "Got 1001");
    }

    [Test]
    public async Task A_parameter_comes_once_in_a_batch()
    {
        string id = await CreateRunAsync();

        AssertRefused(
            await Server.PostAsync("runs/log-batch", new { run_id = id, @params = new[] { new { key = "q", value = "1" }, new { key = "q", value = "1" } } }),
            400, "INVALID_PARAMETER_VALUE", "Duplicate parameter keys have been submitted: ['q'].");
    }

    [Test]
    public async Task A_batch_of_nothing_is_fine_and_one_without_a_run_is_not()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id }));
        AssertDone(await Server.PostTextAsync("runs/log-batch", $$"""{"run_id":"{{id}}","metrics":null,"params":[]}"""));
        AssertRefused(await Server.PostTextAsync("runs/log-batch", ""), 400, "INVALID_PARAMETER_VALUE", "'run_id'");
        AssertRefused(await Server.PostTextAsync("runs/log-batch", "{}"), 400, "INVALID_PARAMETER_VALUE", "'run_id'");
        foreach (string body in (string[])["[]", "5", "{", """{"metrics":[}""", """{"run_id":"a"} x""", "\"x\"", """{"metrics":[{"key":"a"]}"""])
        {
            AssertRefused(await Server.PostTextAsync("runs/log-batch", body), 400, "BAD_REQUEST");
        }
    }

    [Test]
    public async Task Tags_are_set_replaced_and_removed()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key = "t", value = "1" }));
        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key = "t", value = "<script>alert('1')</script>" }));
        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(Pairs(run, "tags"), Has.Member("t=<script>alert('1')</script>"));
        Assert.That(run.Body, Does.Not.Contain("<script>"));

        AssertDone(await Server.PostAsync("runs/delete-tag", new { run_id = id, key = "t" }));
        AssertRefused(await Server.PostAsync("runs/delete-tag", new { run_id = id, key = "t" }), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [Test]
    public async Task The_tag_of_the_name_renames_the_run()
    {
        string id = await CreateRunAsync();

        AssertDone(await Server.PostAsync("runs/set-tag", new { run_id = id, key = "mlflow.runName", value = "renamed" }));
        Assert.That((await Server.GetAsync($"runs/get?run_id={id}")).Text("run.info.run_name"), Is.EqualTo("renamed"));

        AssertDone(await Server.PostAsync("runs/log-batch", new { run_id = id, tags = new[] { new { key = "mlflow.runName", value = "again" } } }));
        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(run.Text("run.info.run_name"), Is.EqualTo("again"));
        Assert.That(Pairs(run, "tags"), Has.Member("mlflow.runName=again"));
    }

    [Test]
    public async Task Models_are_appended_to_the_history_of_the_run()
    {
        string id = await CreateRunAsync();
        foreach (string path in (string[])["one", "two"])
        {
            AssertDone(await Server.PostAsync("runs/log-model", new { run_id = id, model_json = JsonSerializer.Serialize(new { artifact_path = path, flavors = new { }, utc_time_created = "2026-01-01 00:00:00.000000", run_id = id }) }));
        }

        string history = Pairs(await Server.GetAsync($"runs/get?run_id={id}"), "tags").Single(static tag => tag.StartsWith("mlflow.log-model.history=", StringComparison.Ordinal));
        JsonElement list = JsonDocument.Parse(history[(history.IndexOf('=', StringComparison.Ordinal) + 1)..]).RootElement;
        Assert.That(list.EnumerateArray().Select(static m => m.GetProperty("artifact_path").GetString()), Is.EqualTo(new[] { "one", "two" }));

        AssertRefused(await Server.PostAsync("runs/log-model", new { run_id = id, model_json = "{" }), 400, "INVALID_PARAMETER_VALUE", "Malformed");
        AssertRefused(await Server.PostAsync("runs/log-model", new { run_id = id, model_json = "[]" }), 400, "INVALID_PARAMETER_VALUE", "Malformed");
        AssertRefused(await Server.PostAsync("runs/log-model", new { run_id = id, model_json = "{}" }), 400, "INVALID_PARAMETER_VALUE", "'flavors'");
        AssertRefused(await Server.PostAsync("runs/log-model", new { run_id = id }), 400, "INVALID_PARAMETER_VALUE", "'model_json'");
    }

    [Test]
    public async Task Datasets_are_logged_read_and_searched()
    {
        string experiment = await CreateExperimentAsync(), id = await CreateRunAsync(experiment);

        AssertDone(await Server.PostAsync("runs/log-inputs", new
        {
            run_id = id,
            datasets = new[]
            {
                new
                {
                    tags = new[] { new { key = "mlflow.data.context", value = "train" }, new { key = "by", value = "ann" } },
                    dataset = new { name = "rides", digest = "abc", source_type = "http", source = "{\"url\":\"https://u:secret@host/x\"}", schema = "{}", profile = "{\"rows\":3}" },
                },
            },
        }));

        Answer run = await Server.GetAsync($"runs/get?run_id={id}");
        Assert.That(run.Text("run.inputs.dataset_inputs.0.dataset.name"), Is.EqualTo("rides"));
        Assert.That(run.Text("run.inputs.dataset_inputs.0.dataset.source"), Is.EqualTo("{\"url\":\"https://host/x\"}"));
        Assert.That(run.Text("run.inputs.dataset_inputs.0.dataset.profile"), Is.EqualTo("{\"rows\":3}"));
        Assert.That(run.Text("run.inputs.dataset_inputs.0.tags.1.value"), Is.EqualTo("train"));
        Assert.That(run.Text("run.inputs.dataset_inputs.0.tags.0.value"), Is.EqualTo("ann"));

        foreach (string prefix in (string[])["/ajax-api/2.0", "/api/3.0"])
        {
            Answer found = await Server.PostAsync($"{prefix}/mlflow/experiments/search-datasets", new { experiment_ids = new[] { experiment } });
            Assert.That(found["dataset_summaries"].ToString(), Is.EqualTo($$"""[{"experiment_id":"{{experiment}}","name":"rides","digest":"abc","context":"train"}]"""));
        }

        AssertRefused(await Server.PostAsync("experiments/search-datasets", new { }), 400, "INVALID_PARAMETER_VALUE", "SearchDatasets request must specify at least one experiment_id.");
        AssertRefused(await Server.PostAsync("experiments/search-datasets", new { experiment_ids = Array.Empty<string>() }), 400, "INVALID_PARAMETER_VALUE", "SearchDatasets request must specify at least one experiment_id.");
        AssertRefused(await Server.PostAsync("experiments/search-datasets", new { experiment_ids = Enumerable.Range(1, 21) }), 400, "INVALID_PARAMETER_VALUE", "SearchDatasets request cannot specify more than 20");
        AssertRefused(await Server.PostAsync("runs/log-inputs", new { run_id = id }), 400, "INVALID_PARAMETER_VALUE", "'datasets'");
        foreach (object dataset in (object[])[new { name = "", digest = "a" }, new { name = new string('n', 501), digest = "a" }, new { name = "a", digest = new string('d', 37) }])
        {
            AssertRefused(await Server.PostAsync("runs/log-inputs", new { run_id = id, datasets = new[] { new { dataset } } }), 400, "INVALID_PARAMETER_VALUE");
        }
    }

    private static string[] Metrics(Answer run) =>
    [
        .. run["run.data.metrics"].EnumerateArray()
            .Select(static m => $"{m.GetProperty("key").GetString()}={m.GetProperty("value")}@{m.GetProperty("timestamp")}/{m.GetProperty("step")}")
            .Order(StringComparer.Ordinal),
    ];

    private static string[] Pairs(Answer run, string kind) =>
        [.. run["run.data"].GetProperty(kind).EnumerateArray().Select(static tag => $"{tag.GetProperty("key").GetString()}={tag.GetProperty("value").GetString()}")];
}
