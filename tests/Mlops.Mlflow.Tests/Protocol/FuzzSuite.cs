using System.Text;

namespace Mlops.Mlflow.Tests.Protocol;

/// <summary>Requests that were right, changed at random: whatever comes, the server answers, and never with its own failure.</summary>
public abstract class FuzzSuite : MlflowSuite
{
    private const int Requests = 1_500;

    private static readonly string[] Pieces =
    [
        "null", "true", "-1", "0", "1e999", "-9223372036854775809", "99999999999999999999", "1.5", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"NaN\"", "[]", "{}", "[[[[]]]]", "{\"key\":{}}",
        "\"../../x\"", "\"%2e%2e%2f\"", "\"'; --\"", "\"\\u202e\"", "\"" + "x" + "\"", ",", ":", "\"", "{", "}", "[", "]", "\\", " ",
    ];

    [Test]
    public async Task No_request_makes_the_server_fail()
    {
        string experiment = await CreateExperimentAsync(), run = await CreateRunAsync(experiment), model = Fresh("m");
        await Server.PostAsync("registered-models/create", new { name = model });
        await Server.PostAsync("model-versions/create", new { name = model, source = "s3://b/m" });
        (HttpMethod Method, string Path, string Body)[] seeds = Seeds(experiment, run, model);
        var random = new Random(20261127);

        List<string> failures = [];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Requests).Select(_ =>
            {
                (HttpMethod method, string path, string body) = seeds[random.Next(seeds.Length)];
                return (Method: method, Path: path, Body: method == HttpMethod.Get ? Mutate(random, Uri.UnescapeDataString(body), isQuery: true) : Mutate(random, body, isQuery: false));
            }).ToArray(),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (request, _) =>
            {
                Answer answer = request.Method == HttpMethod.Get
                    ? await Server.GetAsync($"{request.Path}?{request.Body}")
                    : await Server.SendAsync(request.Method, request.Path, request.Body);
                if (answer.Status >= 500 && !answer.Body.Contains("\"INVALID_STATE\"", StringComparison.Ordinal))
                {
                    lock (failures)
                    {
                        failures.Add($"{answer.Status} {request.Method} {request.Path} {request.Body}");
                    }
                }
            });

        Assert.That(failures, Is.Empty);
        Assert.That((await Server.GetAsync("/health")).Body, Is.EqualTo("OK"));
    }

    private static (HttpMethod Method, string Path, string Body)[] Seeds(string experiment, string run, string model) =>
    [
        (HttpMethod.Post, "experiments/create", """{"name":"fuzz","artifact_location":"s3://b/a","tags":[{"key":"a","value":"b"}]}"""),
        (HttpMethod.Post, "experiments/search", """{"max_results":5,"filter":"name LIKE 'e%' AND tags.a = 'b'","order_by":["name DESC"],"view_type":"ALL","page_token":""}"""),
        (HttpMethod.Get, "experiments/search", "max_results=5&filter=name = 'a'&order_by[]=name&view_type=1&page_token=AAAA"),
        (HttpMethod.Get, "experiments/get", $"experiment_id={experiment}"),
        (HttpMethod.Post, "experiments/set-experiment-tag", $$"""{"experiment_id":"{{experiment}}","key":"a","value":"b"}"""),
        (HttpMethod.Post, "runs/create", $$"""{"experiment_id":"{{experiment}}","user_id":"u","run_name":"n","start_time":1700000000000,"tags":[{"key":"a","value":"b"}]}"""),
        (HttpMethod.Post, "runs/update", $$"""{"run_id":"{{run}}","status":"FINISHED","end_time":1700000000001,"run_name":"x"}"""),
        (HttpMethod.Get, "runs/get", $"run_id={run}&run_uuid={run}"),
        (HttpMethod.Post, "runs/search", $$"""{"experiment_ids":["{{experiment}}"],"filter":"metrics.`a` < 1.5 and params.b = 'c'","run_view_type":"ALL","max_results":3,"order_by":["metrics.a DESC","params.b"],"page_token":""}"""),
        (HttpMethod.Post, "runs/log-metric", $$"""{"run_id":"{{run}}","key":"a","value":1.5,"timestamp":"1","step":-3}"""),
        (HttpMethod.Post, "runs/log-parameter", $$"""{"run_id":"{{run}}","key":"b","value":"c"}"""),
        (HttpMethod.Post, "runs/set-tag", $$"""{"run_id":"{{run}}","key":"mlflow.runName","value":"c"}"""),
        (HttpMethod.Post, "runs/log-batch", $$"""{"run_id":"{{run}}","metrics":[{"key":"a","value":"NaN","timestamp":1,"step":2}],"params":[{"key":"b","value":"c"}],"tags":[{"key":"t","value":"u"}]}"""),
        (HttpMethod.Post, "runs/log-model", $$"""{"run_id":"{{run}}","model_json":"{\"artifact_path\":\"m\",\"flavors\":{},\"utc_time_created\":\"x\",\"run_id\":\"r\"}"}"""),
        (HttpMethod.Post, "runs/log-inputs", """{"run_id":"RUN","datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],"dataset":{"name":"d","digest":"1","source_type":"local","source":"{}","schema":"{}","profile":"{}"}}]}""".Replace("RUN", run, StringComparison.Ordinal)),
        (HttpMethod.Post, "experiments/search-datasets", $$"""{"experiment_ids":["{{experiment}}"]}"""),
        (HttpMethod.Get, "metrics/get-history", $"run_id={run}&metric_key=a&max_results=10&page_token=AAAAAA"),
        (HttpMethod.Get, "metrics/get-history-bulk", $"run_id={run}&metric_key=a&max_results=10"),
        (HttpMethod.Get, "metrics/get-history-bulk-interval", $"run_ids[0]={run}&metric_key=a&start_step=1&end_step=9&max_results=3"),
        (HttpMethod.Get, "artifacts/list", $"run_id={run}&path=a/b"),
        (HttpMethod.Get, "/get-artifact", $"run_id={run}&path=a/b"),
        (HttpMethod.Get, "/api/2.0/mlflow-artifacts/artifacts", $"path={experiment}/{run}/artifacts/a"),
        (HttpMethod.Post, "registered-models/create", """{"name":"fuzz","description":"d","tags":[{"key":"a","value":"b"}]}"""),
        (HttpMethod.Patch, "registered-models/update", $$"""{"name":"{{model}}","description":"d"}"""),
        (HttpMethod.Get, "registered-models/search", "filter=name LIKE 'a%' and tags.b = 'c'&max_results=5&order_by=name ASC&page_token=AAAA"),
        (HttpMethod.Post, "registered-models/alias", $$"""{"name":"{{model}}","alias":"champion","version":"1"}"""),
        (HttpMethod.Get, "registered-models/alias", $"name={model}&alias=champion"),
        (HttpMethod.Post, "model-versions/create", $$"""{"name":"{{model}}","source":"runs:/{{run}}/model","run_id":"{{run}}","tags":[{"key":"a","value":"b"}],"description":"d"}"""),
        (HttpMethod.Get, "model-versions/get", $"name={model}&version=1"),
        (HttpMethod.Get, "model-versions/search", "filter=name = 'a' and version_number > 1&max_results=5&order_by=version_number DESC&page_token=AAAA"),
        (HttpMethod.Post, "model-versions/transition-stage", $$"""{"name":"{{model}}","version":"1","stage":"Staging","archive_existing_versions":true}"""),
        (HttpMethod.Delete, "model-versions/delete-tag", $$"""{"name":"{{model}}","version":"1","key":"a"}"""),
    ];

    private static string Mutate(Random random, string text, bool isQuery)
    {
        var changed = new StringBuilder(text);
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(changed.Length + 1), length = Math.Min(random.Next(0, 12), changed.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    changed.Remove(at, length);
                    break;
                case 1:
                    changed.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    changed.Remove(at, length).Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 3:
                    changed.Insert(at, (char)random.Next(1, 0x250));
                    break;
                default:
                    changed.Insert(at, changed.ToString(at, length), random.Next(1, 40));
                    break;
            }
        }

        // A query stays one: its bytes are escaped, its signs are not.
        return isQuery ? string.Join('&', changed.ToString().Split('&').Select(static part => string.Join('=', part.Split('=', 2).Select(Uri.EscapeDataString)))) : changed.ToString();
    }
}
