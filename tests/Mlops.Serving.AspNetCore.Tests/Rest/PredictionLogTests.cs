using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Mlops.Serving.AspNetCore.Tests;

[TestFixture]
public sealed class PredictionLogTests
{
    private const string Path = "/v2/models/m/predictions";
    private InferenceHost _host = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _host = await InferenceHost.StartOpenAsync(static models =>
        {
            models.AddPredictionLog(static o =>
            {
                o.Features.Add("1");
                o.RoutingKeySecret = new byte[16];
            });
            InferenceHost.AddModel(models, new FunctionRuntime());
        });
    }

    [TearDown]
    public ValueTask StopAsync() => _host.DisposeAsync();

    [Test]
    public async Task A_prediction_is_shown_with_all_that_was_kept_of_it()
    {
        string id = await PredictAsync("[1,2,3,4,NaN,Infinity,7,8]", ""","parameters":{"routing_key":"ada"}""");
        await _host.Http.PostAnswerAsync("/v2/models/m/outcomes", $$"""{"outcomes":[{"id":"{{id}}","row":1,"value":2.5,"timestamp":"2026-01-31T12:00:00.25Z"}]}""");

        Answer answer = await ListAsync("?take=2");

        Assert.That((answer.Status, answer.Header("Cache-Control")), Is.EqualTo((HttpStatusCode.OK, "no-store")));
        Assert.That(answer.Text, Does.Contain("\"features\":{\"1\":Infinity},\"outputs\":["));
        JsonElement[] rows = [.. JsonDocument.Parse(answer.Text.Replace("NaN", "0", StringComparison.Ordinal).Replace("Infinity", "0", StringComparison.Ordinal)).RootElement.GetProperty("predictions").EnumerateArray()];
        Assert.That(rows.Select(static row => (row.GetProperty("id").GetString(), row.GetProperty("row").GetInt32())), Is.EqualTo(new[] { (id, 1), (id, 0) }));
        Assert.That((rows[0].GetProperty("outcome").GetDouble(), rows[0].GetProperty("outcome_timestamp").GetString()), Is.EqualTo((2.5, "2026-01-31T12:00:00.25Z")));
        Assert.That(rows[1].TryGetProperty("outcome", out _), Is.False);
        Assert.That(
            (rows[1].GetProperty("version").GetString(), rows[1].GetProperty("variant").GetString(), rows[1].GetProperty("propensity").GetDouble(), rows[1].GetProperty("output_length").GetInt32()),
            Is.EqualTo(("1", "live", 1.0, 4)));
        Assert.That(rows[1].GetProperty("features").GetProperty("1").GetDouble(), Is.EqualTo(2));
        Assert.That(rows[1].GetProperty("version_digest").GetString(), Is.EqualTo(_host.Models.Get("m").Version!.Digest));
        Assert.That(rows[1].GetProperty("routing_key_hash").GetString(), Has.Length.EqualTo(64).And.Not.Contain("ada"));
        Assert.That(DateTimeOffset.Parse(rows[1].GetProperty("timestamp").GetString()!), Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(10)));
        Assert.That(rows[1].GetProperty("duration_ns").GetInt64(), Is.GreaterThanOrEqualTo(rows[1].GetProperty("compute_ns").GetInt64()));
    }

    [Test]
    public async Task Pages_follow_each_other_to_the_end_and_miss_nothing()
    {
        for (int i = 0; i < 5; i++)
            await PredictAsync("[1,2,3,4,5,6,7,8,9,10,11,12]");
        List<(string?, int)> all = Places(await ListAsync("?take=1000"));

        List<(string?, int)> read = [];
        string? next = "";
        for (int page = 0; next is not null && page < 10; page++)
        {
            Answer answer = await ListAsync($"?take=4{(next.Length == 0 ? "" : $"&before={next}")}");
            read.AddRange(Places(answer));
            next = answer.Json.TryGetProperty("next", out JsonElement place) ? place.GetString() : null;
        }

        Assert.That(all, Has.Count.EqualTo(15).And.Unique);
        Assert.That(read, Is.EqualTo(all));
        Assert.That(next, Is.Null);
    }

    [Test]
    public async Task Filters_show_what_they_ask_for()
    {
        string first = await PredictAsync("[1,2,3,4]"), second = await PredictAsync("[1,2,3,4]");
        await _host.Http.PostAnswerAsync("/v2/models/m/outcomes", $$"""{"outcomes":[{"id":"{{second}}","value":1}]}""");

        Assert.That(Ids(await ListAsync($"?id={first}")), Is.EqualTo(new[] { first }));
        Assert.That(Ids(await ListAsync("?only_with_outcome=true")), Is.EqualTo(new[] { second }));
        Assert.That(Ids(await ListAsync("?from=2026-01-01T00:00:00Z&to=2126-01-01T00:00:00Z")), Is.EqualTo(new[] { second, first }));
        Assert.That(Ids(await ListAsync("?to=2026-01-01T00:00:00Z")), Is.Empty);
        Assert.That(Ids(await ListAsync("?version_digest=another")), Is.Empty);
        Assert.That(Ids(await ListAsync("", "/v2/models/other/predictions")), Is.Empty);
    }

    [TestCase("?ID2=1", "is none of")]
    [TestCase("?id=1", "32 hexadecimal digits")]
    [TestCase("?take=0", "1 to 1000")]
    [TestCase("?take=1001", "1 to 1000")]
    [TestCase("?take=1&take=2", "one value")]
    [TestCase("?from=", "one value")]
    [TestCase("?from=yesterday", "timestamp")]
    [TestCase("?only_with_outcome=1", "true or false")]
    [TestCase("?before=1.2", "'next'")]
    [TestCase("?before=999999999999999999.0123456789abcdef0000000000000007.0", "'next'")]
    [TestCase("?before=1.0123456789abcdef0000000000000007.-1", "'next'")]
    public async Task A_filter_that_is_not_understood_is_refused(string query, string why)
    {
        await PredictAsync("[1,2,3,4]");

        Answer answer = await ListAsync(query);

        Assert.That(answer.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(answer.Error, Does.Contain(why));
    }

    [Test]
    public async Task A_server_without_a_log_says_so()
    {
        await using InferenceHost host = await InferenceHost.StartOpenAsync(static models => InferenceHost.AddModel(models, new FunctionRuntime()));

        Answer answer = await host.Http.GetAnswerAsync(Path);

        Assert.That((answer.Status, answer.Error), Is.EqualTo((HttpStatusCode.NotFound, "The server keeps no prediction log.")));
    }

    private async Task<string> PredictAsync(string data, string parameters = "")
    {
        int rows = data.Count(static character => character == ',') / 4 + 1;
        Answer answer = await _host.Http.PostAnswerAsync("/v2/models/m/infer", $$"""{"inputs":[{"name":"x","shape":[{{rows}},4],"datatype":"FP32","data":{{data}}}]{{parameters}}}""");
        return answer.Header("mlops-prediction-id")!;
    }

    private async Task<Answer> ListAsync(string query, string path = Path)
    {
        await _host.Services.GetRequiredService<PredictionLog>().FlushAsync();
        return await _host.Http.GetAnswerAsync(path + query);
    }

    private static List<(string? Id, int Row)> Places(Answer answer) =>
        [.. answer.Json.GetProperty("predictions").EnumerateArray().Select(static row => (row.GetProperty("id").GetString(), row.GetProperty("row").GetInt32()))];

    private static string?[] Ids(Answer answer) => [.. Places(answer).Select(static place => place.Id)];
}
