using System.Text.Json;

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
            await Tracker.LogAsync(run, new() { Metrics = [.. part.Select(static i => new Tracking.Metric("m", i, i, DateTimeOffset.UnixEpoch.AddMilliseconds(i)))] });
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

    private static int[] StepsOf(Answer answer, string run) =>
        [.. answer["metrics"].EnumerateArray().Where(m => m.GetProperty("run_id").GetString() == run).Select(static m => m.GetProperty("step").GetInt32())];

    private static string[] Points(Answer answer) =>
        [.. answer["metrics"].EnumerateArray().Select(static m => $"{m.GetProperty("value")}@{m.GetProperty("timestamp")}/{m.GetProperty("step")}")];

    private async Task LogAsync(string run, string key, params (double Value, long Time, long Step)[] points) => AssertDone(await Server.PostAsync(
        "runs/log-batch", new { run_id = run, metrics = points.Select(point => new { key, value = point.Value, timestamp = point.Time, step = point.Step }) }));
}
