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

        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk?{hundredAndOne}&metric_key=m"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{hundredAndOne}&metric_key=m"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync("metrics/get-history-bulk?metric_key=m"), 400, "INVALID_PARAMETER_VALUE", "'run_id'");
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
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&start_step=4&end_step=3"), 400, "INVALID_PARAMETER_VALUE");
        AssertRefused(await Server.GetAsync($"metrics/get-history-bulk-interval?{query}&max_results=2501"), 400, "INVALID_PARAMETER_VALUE");
    }

    private static int[] StepsOf(Answer answer, string run) =>
        [.. answer["metrics"].EnumerateArray().Where(m => m.GetProperty("run_id").GetString() == run).Select(static m => m.GetProperty("step").GetInt32())];

    private static string[] Points(Answer answer) =>
        [.. answer["metrics"].EnumerateArray().Select(static m => $"{m.GetProperty("value")}@{m.GetProperty("timestamp")}/{m.GetProperty("step")}")];

    private async Task LogAsync(string run, string key, params (double Value, long Time, long Step)[] points) => AssertDone(await Server.PostAsync(
        "runs/log-batch", new { run_id = run, metrics = points.Select(point => new { key, value = point.Value, timestamp = point.Time, step = point.Step }) }));
}
