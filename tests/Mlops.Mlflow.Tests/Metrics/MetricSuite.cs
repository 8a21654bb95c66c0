using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow.Tests.Metrics;

public abstract class MetricSuite : MlflowSuite
{
    [Test]
    public async Task A_history_is_ordered_by_time_step_and_value_and_shows_equal_points_once()
    {
        string run = await CreateRunAsync();
        for (int i = 0; i < 2; i++)
        {
            await LogAsync(run, "m", (3, 30, 0), (1, 10, 2), (2, 10, 1), (0, 10, 2));
        }

        await LogAsync(run, "other", (9, 1, 1));

        Answer history = await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m");

        Assert.That(Points(history), Is.EqualTo(new[] { "2@10/1", "0@10/2", "1@10/2", "3@30/0" }));
        Assert.That(history.Text("metrics.0.key"), Is.EqualTo("m"));
        Assert.That(history.Has("next_page_token"), Is.False);
    }

    /// <summary>As a client does that got a 503, or no answer at all.</summary>
    [Test]
    public async Task A_request_that_is_sent_again_is_stored_once_for_all_who_read()
    {
        string run = await CreateRunAsync();
        (double, long, long)[] points = [.. Enumerable.Range(0, 900).Select(static i => ((double)i, 1_000L + i, (long)i))];
        for (int i = 0; i < 3; i++)
        {
            await LogAsync(run, "m", points);
            AssertDone(await Server.PostAsync("runs/log-metric", new { run_id = run, key = "m", value = 7.5, timestamp = 999, step = 450 }));
        }

        await LogAsync(run, "m", points[300..700]);
        IReadOnlyList<Tracking.MetricPoint> history = await Tracker.GetMetricHistoryAsync(run, "m");
        using var csv = new MemoryStream();

        Assert.That((await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m"))["metrics"].GetArrayLength(), Is.EqualTo(901));
        Assert.That(history, Has.Count.EqualTo(901));
        Assert.That((await Tracker.GetRunAsync(run)).Metrics["m"].Count, Is.EqualTo(901));
        Assert.That((await Tracker.GetMetricEnvelopeAsync(run, "m", 10)).Sum(static bucket => bucket.Count), Is.EqualTo(901));
        Assert.That(await Tracker.ExportMetricsAsync(csv, [run]), Is.EqualTo(901));
    }

    [Test]
    public async Task A_history_is_paged_when_asked_for()
    {
        string run = await CreateRunAsync();
        await LogAsync(run, "m", [.. Enumerable.Range(0, 5).Select(static i => ((double)i, (long)i, (long)i))]);

        List<string> seen = [];
        string token = "";
        do
        {
            Answer page = await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m&max_results=2&page_token={token}");
            seen.Add(string.Join(' ', Points(page)));
            token = page.Has("next_page_token") ? page.Text("next_page_token") : "";
        }
        while (token.Length > 0 && seen.Count < 9);

        Assert.That(seen, Is.EqualTo(new[] { "0@0/0 1@1/1", "2@2/2 3@3/3", "4@4/4" }));
        AssertRefused(await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m&max_results=25001"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m&page_token=x"), 400, "INVALID_PARAMETER_VALUE");
    }

    [Test]
    public async Task A_history_that_fits_one_page_is_as_it_is_without_pages_and_longer_ones_go_by_step()
    {
        string run = await CreateRunAsync();
        await LogAsync(run, "m", (3, 30, 0), (1, 10, 2), (2, 10, 1), (0, 10, 2), (0, 10, 2));
        string query = $"metrics/get-history?run_id={run}&metric_key=m";

        Answer first = await Server.GetAsync($"{query}&max_results=2");
        Answer second = await Server.GetAsync($"{query}&max_results=2&page_token={first.Text("next_page_token")}");

        Assert.That((await Server.GetAsync($"{query}&max_results=25000")).Body, Is.EqualTo((await Server.GetAsync(query)).Body));
        Assert.That(Points(first).Concat(Points(second)), Is.EqualTo(new[] { "3@30/0", "2@10/1", "0@10/2", "1@10/2" }));
        Assert.That(second.Has("next_page_token"), Is.False);
    }

    [Test]
    public async Task Histories_of_several_runs_are_cut_at_25000_points_whatever_is_asked_for()
    {
        string run = await CreateRunAsync();
        foreach (int[] part in Enumerable.Range(0, 25_010).Chunk(1_000))
        {
            await Tracker.LogAsync(run, new() { Metrics = [.. part.Select(static i => new Metric("m", i, i, DateTimeOffset.UnixEpoch.AddMilliseconds(i)))] });
        }

        Answer all = await Server.GetAsync($"metrics/get-history-bulk?run_id={run}&metric_key=m&max_results=1000000");

        Assert.That(all["metrics"].GetArrayLength(), Is.EqualTo(25_000));
        Assert.That(all["metrics.24999.step"].GetInt64(), Is.EqualTo(24_999));
    }

    [Test]
    public async Task A_metric_that_was_never_logged_has_no_points()
    {
        string run = await CreateRunAsync();

        Assert.That((await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=never")).Body, Is.EqualTo("{}"));
        AssertRefused(await Server.GetAsync($"metrics/get-history?run_id={run}"), 400, "INVALID_PARAMETER_VALUE", "'metric_key'");
        AssertRefused(await Server.GetAsync($"metrics/get-history?run_id={new string('a', 32)}&metric_key=m"), 404, "RESOURCE_DOES_NOT_EXIST");
    }

    [TestCase("run_id={0}&run_id={1}")]
    [TestCase("run_id[]={0}&run_id[]={1}")]
    [TestCase("run_id[1]={1}&run_id[0]={0}")]
    public async Task Histories_of_several_runs_are_read_however_the_list_is_written(string list)
    {
        string[] runs = [await CreateRunAsync(), await CreateRunAsync()];
        await LogAsync(runs[0], "m", (1, 2, 0), (2, 1, 0));
        await LogAsync(runs[1], "m", (3, 1, 0));
        string query = string.Format(System.Globalization.CultureInfo.InvariantCulture, list, runs[0], runs[1]);

        Answer all = await Server.GetAsync($"/ajax-api/2.0/mlflow/metrics/get-history-bulk?{query}&metric_key=m");
        Answer some = await Server.GetAsync($"/ajax-api/2.0/mlflow/metrics/get-history-bulk?{query}&metric_key=m&max_results=2");

        string[] expected = [.. new[] { (runs[0], "2@1/0"), (runs[0], "1@2/0"), (runs[1], "3@1/0") }.OrderBy(static point => point.Item1, StringComparer.Ordinal).Select(static point => point.Item2)];
        Assert.That(Points(all), Is.EqualTo(expected));
        Assert.That(all["metrics"].EnumerateArray().Select(static m => m.GetProperty("run_id").GetString()), Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        Assert.That(Points(some), Is.EqualTo(expected[..2]));
    }

    [Test]
    public async Task At_most_100_runs_are_asked_for_at_once()
    {
        string hundredAndOne = string.Join('&', Enumerable.Range(0, 101).Select(static i => $"run_id=r{i}&run_ids=r{i}"));

        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk?{hundredAndOne}&metric_key=m"), 400, "INVALID_PARAMETER_VALUE", "GetMetricHistoryBulk request cannot specify more than 100 run_ids.");
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{hundredAndOne}&metric_key=m"), 400, "INVALID_PARAMETER_VALUE", "GetMetricHistoryBulkInterval request must specify at most 100 run_ids.");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk?metric_key=m"), 400, "INVALID_PARAMETER_VALUE", "GetMetricHistoryBulk request must specify at least one run_id");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk?run_id=123"), 400, "INVALID_PARAMETER_VALUE", "GetMetricHistoryBulk request must specify a metric_key");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk-interval?run_ids=123&metric_key="), 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'metric_key'");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk-interval?run_ids=123&metric_key=m&max_results=0"), 400, "INVALID_PARAMETER_VALUE", "max_results must be between 1 and 2500");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk-interval?metric_key=m"), 400, "INVALID_PARAMETER_VALUE", "'run_ids'");
    }

    [Test]
    public async Task An_interval_is_sampled_over_the_steps_of_all_runs()
    {
        string[] runs = [await CreateRunAsync(), await CreateRunAsync()];
        await LogAsync(runs[0], "m", [.. Enumerable.Range(0, 100).Select(static i => ((double)i, (long)i, (long)i))]);
        await LogAsync(runs[1], "m", [.. Enumerable.Range(33, 34).Select(static i => ((double)i, (long)i, (long)i))]);
        string query = $"run_ids={runs[0]}&run_ids={runs[1]}&metric_key=m";

        Answer sampled = await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&max_results=4");
        Answer between = await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&start_step=40&end_step=42");

        Assert.That(StepsOf(sampled, runs[0]), Is.EqualTo(new[] { 0, 25, 33, 50, 66, 75, 99 }));
        Assert.That(StepsOf(sampled, runs[1]), Is.EqualTo(new[] { 33, 50, 66 }));
        Assert.That(StepsOf(between, runs[0]), Is.EqualTo(new[] { 40, 41, 42 }));
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&start_step=40"), 400, "INVALID_PARAMETER_VALUE", "both");
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&start_step=4&end_step=3"), 400, "INVALID_PARAMETER_VALUE", "end_step must be greater than start_step. ");
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&max_results=2501"), 400, "INVALID_PARAMETER_VALUE", "max_results must be between 1 and 2500");
    }

    [Test]
    public async Task A_long_history_is_read_and_sent_page_by_page()
    {
        const int Points = 60_000;
        string run = await LogLongAsync(Points);
        var body = new PartsStream();
        ConcurrentQueue<(int Read, long Sent)> reads = new();
        ReadMetricPage read = MetricHistory.Of(Tracker);
        var endpoints = new MetricEndpoints(async (runId, key, take, after, cancellationToken) =>
        {
            MetricPage page = await read(runId, key, take, after, cancellationToken);
            reads.Enqueue((page.Points.Count, body.Length));
            return page;
        });

        await CallAsync(endpoints, "mlflow/metrics/get-history", body, ("run_id", run), ("metric_key", "m"));

        Assert.That(reads.Select(static page => page.Read), Is.EqualTo(new[] { 25_000, 25_000, 10_000 }));
        Assert.That(body.LongestPart, Is.LessThan(2 * AnswerStream.PartBytes));
        Assert.That(reads.Select(static page => page.Sent), Is.Ordered.Ascending.And.All.LessThan(body.Length));
        Assert.That(reads.ElementAt(1).Sent, Is.GreaterThan(25_000 * 40), "the first page was kept");
        Assert.That(body.Json.GetProperty("metrics").EnumerateArray().Select(static m => m.GetProperty("step").GetInt32()), Is.EqualTo(Enumerable.Range(0, Points)));
        Assert.That((await Server.GetAsync($"metrics/get-history?run_id={run}&metric_key=m")).Body, Is.EqualTo(body.Text), "over HTTP the same");
    }

    [Test]
    public async Task An_interval_of_long_histories_reads_every_page_once_and_answers_what_all_at_once_would()
    {
        string[] runs = [await LogLongAsync(30_000), await LogLongAsync(20_000, every: 3)];
        List<string> reads = [];
        ReadMetricPage read = MetricHistory.Of(Tracker);
        var endpoints = new MetricEndpoints((runId, key, take, after, cancellationToken) =>
        {
            reads.Add(runId);
            return read(runId, key, take, after, cancellationToken);
        });
        var body = new PartsStream();

        await CallAsync(endpoints, "mlflow/metrics/get-history-bulk-interval", body, ("run_ids", new StringValues(runs)), ("metric_key", "m"), ("max_results", "7"));

        int[] union = [.. Enumerable.Range(0, 30_000).Union(Enumerable.Range(0, 20_000).Select(static i => 3 * i)).Order()];
        int[] sampled = [.. Enumerable.Range(0, 7).Select(i => union[(int)((long)i * union.Length / 7)]).Append(29_999).Append(59_997).Distinct().Order()];
        Assert.That(StepsIn(runs[0]), Is.EqualTo(sampled.Where(static step => step < 30_000)));
        Assert.That(StepsIn(runs[1]), Is.EqualTo(sampled.Where(static step => step % 3 == 0)));
        Assert.That(reads, Is.EqualTo(new[] { runs[0], runs[0], runs[1] }));

        int[] StepsIn(string run) =>
            [.. body.Json.GetProperty("metrics").EnumerateArray().Where(m => m.GetProperty("run_id").GetString() == run).Select(static m => m.GetProperty("step").GetInt32())];
    }

    [Test]
    public async Task Of_a_store_that_is_no_database_no_more_is_answered_than_is_asked_for()
    {
        string run = await CreateRunAsync();
        DateTimeOffset ten = DateTimeOffset.FromUnixTimeMilliseconds(10);
        await Tracker.LogAsync(run, new()
        {
            Metrics =
            [
                new("m", 5, 2, DateTimeOffset.FromUnixTimeMilliseconds(5)), new("m", double.NaN, 1, ten), new("m", 2, 1, ten), new("m", -1, 1, ten),
                new("m", 0, -3, DateTimeOffset.FromUnixTimeMilliseconds(99)),
            ],
        });
        using var remote = new Tracker(new MlflowTrackingStore(Server.Http, new MlflowStoreOptions()));
        var endpoints = new MetricEndpoints(MetricHistory.Of(remote));

        List<string> seen = [];
        string? token = "";
        do
        {
            JsonElement page = await AskAsync("get-history", ("run_id", run), ("max_results", "2"), ("page_token", token));
            seen.Add(string.Join(' ', PointsIn(page.GetProperty("metrics"))));
            token = page.TryGetProperty("next_page_token", out JsonElement next) ? next.GetString() : null;
        }
        while (token is not null && seen.Count < 9);

        Assert.That(seen, Is.EqualTo(new[] { "0@99/-3 -1@10/1", "2@10/1 NaN@10/1", "5@5/2" }));
        Assert.That(PointsIn((await AskAsync("get-history", ("run_id", run))).GetProperty("metrics")), Has.Length.EqualTo(5));
        Assert.That(PointsIn((await AskAsync("get-history-bulk", ("run_id", run), ("max_results", "2"))).GetProperty("metrics")), Has.Length.EqualTo(2));
        foreach (string no in (string[])["x", "1.2", "1.2.3.4", "1.2.x", "1. 2.3", "1.2.99999999999999999999"])
        {
            Assert.That(() => AskAsync("get-history", ("run_id", run), ("page_token", no)), Throws.TypeOf<ProtocolException>().With.Message.Contains("page_token"), no);
        }

        async Task<JsonElement> AskAsync(string path, params (string, StringValues)[] fields)
        {
            var body = new PartsStream();
            await CallAsync(endpoints, $"mlflow/metrics/{path}", body, [("metric_key", "m"), .. fields]);
            return body.Json;
        }
    }

    /// <summary>What is damaged is found when it is read: at the beginning that has a status, behind the first page it breaks the answer off.</summary>
    [Test]
    public async Task A_failure_behind_the_beginning_of_an_answer_breaks_it_off()
    {
        string run = await LogLongAsync(60_000);
        string address = $"metrics/get-history?run_id={run}&metric_key=m";
        await Tracker.FlushAsync();
        await DamageAsync(run, "MAX");
        Assert.That(async () => await Server.GetAsync(address), Throws.InstanceOf<HttpRequestException>());

        await DamageAsync(run, "MIN");
        AssertRefused(await Server.GetAsync(address), 500, "INTERNAL_ERROR");
    }

    private static async Task CallAsync(MetricEndpoints endpoints, string path, PartsStream body, params (string Name, StringValues Value)[] fields)
    {
        var http = new DefaultHttpContext { Response = { Body = body } };
        var query = new QueryCollection(fields.ToDictionary(static field => field.Name, static field => field.Value));
        await endpoints.Routes.Single(route => route.Path == path).HandleAsync(new MlflowCall(http, MlflowRequest.FromQuery(query), default));
    }

    private async Task DamageAsync(string run, string which)
    {
        int damaged = await Server.Services.GetRequiredService<Database>().WriteAsync((run, which, Payload: Array.Empty<byte>()), static (session, state) => session.Execute(
            "UPDATE tracking_chunk SET payload = @payload WHERE chunk = "
            + $"(SELECT {state.which}(chunk) FROM tracking_chunk WHERE run = (SELECT run FROM tracking_run WHERE id = @id))",
            ("@payload", state.Payload), ("@id", state.run)));
        Assert.That(damaged, Is.EqualTo(1));
    }

    /// <summary>A run whose metric <c>m</c> has so many points at steps so far from each other.</summary>
    protected async Task<string> LogLongAsync(int points, int every = 1)
    {
        string run = await CreateRunAsync();
        foreach (int[] part in Enumerable.Range(0, points).Chunk(1_000))
        {
            await Tracker.LogAsync(run, new() { Metrics = [.. part.Select(i => new Metric("m", i, i * every, DateTimeOffset.UnixEpoch.AddMilliseconds(i)))] });
        }

        return run;
    }

    private static int[] StepsOf(Answer answer, string run) =>
        [.. answer["metrics"].EnumerateArray().Where(m => m.GetProperty("run_id").GetString() == run).Select(static m => m.GetProperty("step").GetInt32())];

    private static string[] Points(Answer answer) =>
        PointsIn(answer["metrics"]);

    private static string[] PointsIn(JsonElement metrics) =>
        [.. metrics.EnumerateArray().Select(static m => $"{m.GetProperty("value")}@{m.GetProperty("timestamp")}/{m.GetProperty("step")}")];

    private async Task LogAsync(string run, string key, params (double Value, long Time, long Step)[] points) => AssertDone(await Server.PostAsync(
        "runs/log-batch", new { run_id = run, metrics = points.Select(point => new { key, value = point.Value, timestamp = point.Time, step = point.Step }) }));
}
