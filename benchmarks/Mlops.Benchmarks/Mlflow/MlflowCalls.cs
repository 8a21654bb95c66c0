using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mlops.Benchmarks.Tracking;
using Mlops.Tracking;

namespace Mlops.Benchmarks.Mlflow;

/// <summary>
/// How long calls of the MLflow API take a client that makes one after the other, over a real Kestrel on loopback, on SQLite or PostgreSQL:
/// verb <c>mlflow calls [PostgreSQL connection string]</c>. Searches are over the 10 000 runs of <see cref="TrackingSearch"/>; their answers
/// are read whole, all of every run. Client and server share the process and its cores.
/// </summary>
public static class MlflowCalls
{
    private const string Api = "api/2.0/mlflow/";
    private const string Search = Api + "runs/search";
    private const int Repetitions = 30;
    private const int Writes = 500;

    /// <summary>Prints median and 95th percentile of each call, and what client and server allocate for it together.</summary>
    public static async Task RunAsync(string? postgreSql)
    {
        await using MlflowHost host = await MlflowHost.StartAsync(postgreSql);
        await TrackingSearch.LogRunsAsync(host.Tracker);
        if (postgreSql is not null)
        {
            await host.Database.WriteAsync(0, static (session, _) => session.Execute("ANALYZE"));
        }

        string experiment = (await host.Tracker.GetExperimentAsync(TrackingSearch.Experiment)).Id.ToString(CultureInfo.InvariantCulture);

        Console.WriteLine("| call | p50, ms | p95, ms | allocated, kB |");
        Console.WriteLine("|---|---:|---:|---:|");
        string run = "";
        await PrintAsync("runs/create", Writes, async () =>
        {
            using JsonDocument created = JsonDocument.Parse(await host.PostAsync(Api + "runs/create", Json(new { experiment_id = "0", start_time = 1_700_000_000_000 })));
            run = created.RootElement.GetProperty("run").GetProperty("info").GetProperty("run_id").GetString()!;
        });
        long step = 0;
        await PrintAsync("runs/log-metric", Writes, () => host.PostAsync(
            Api + "runs/log-metric", Json(new { run_id = run, key = "loss", value = 0.5, timestamp = 1_700_000_000_000 + ++step, step })));
        foreach ((int metrics, int keys) in new[] { (1_000, 1), (1_000, 10), (1_000, 1_000), (100, 10) })
        {
            await PrintAsync($"runs/log-batch, {metrics} metrics of {keys} keys", Repetitions, () => host.PostAsync(Api + "runs/log-batch", Json(new
            {
                run_id = run,
                metrics = Enumerable.Range(0, metrics).Select(i => new { key = $"m{i % keys}", value = i / 7.0, timestamp = 1_700_000_000_000 + ++step, step }),
            })));
        }

        foreach ((string what, object query) in new (string, object)[]
        {
            ("page of 100, no filter", Query(100, "")),
            ("page of 100, a metric", Query(100, "metrics.m0 < 0.5")),
            ("page of 100, two parameters", Query(100, "params.p0 = '3' AND params.p1 = '5'")),
            ("page of 100, metric, parameter, tag LIKE", Query(100, "metrics.m1 > 0.2 AND params.p0 != '3' AND tags.t0 LIKE 'team-1%'")),
            ("page of 1 000, no filter", Query(1_000, "")),
            ("page of 100, order by a metric", Query(100, "", "metrics.m0 DESC")),
            ("the same, runs 9 001 to 9 100", Query(100, "", "metrics.m0 DESC", await DeepAsync())),
        })
        {
            byte[] body = Json(query);
            await PrintAsync($"runs/search, {what}", Repetitions, () => host.PostAsync(Search, body));
        }

        string history = await LogHistoryAsync(host.Tracker);
        byte[] buffer = new byte[64 * 1024];
        await PrintAsync("metrics/get-history, 100 000 points", Repetitions, () => host.DrainAsync($"{Api}metrics/get-history?run_id={history}&metric_key=m", buffer));
        await PrintAsync(
            "metrics/get-history-bulk-interval of them", Repetitions, () => host.DrainAsync($"{Api}metrics/get-history-bulk-interval?run_ids={history}&metric_key=m", buffer));

        object Query(int take, string filter, string order = "start_time DESC", string token = "") =>
            new { experiment_ids = new[] { experiment }, max_results = take, filter, order_by = new[] { order }, page_token = token };

        async Task<string> DeepAsync()
        {
            string token = "";
            for (int page = 0; page < 9; page++)
            {
                using JsonDocument answer = JsonDocument.Parse(await host.PostAsync(Search, Json(Query(1_000, "", "metrics.m0 DESC", token))));
                token = answer.RootElement.GetProperty("next_page_token").GetString()!;
            }

            return token;
        }
    }

    /// <summary>A run with a metric of 100 000 points.</summary>
    private static async Task<string> LogHistoryAsync(Tracker tracker)
    {
        string run = (await tracker.CreateRunAsync("history")).Id;
        foreach (int[] steps in Enumerable.Range(0, 100_000).Chunk(1_000))
        {
            await tracker.LogAsync(run, new RunLog
            {
                Metrics = [.. steps.Select(static step => new Metric("m", step / 7.0, step, DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + step)))],
            });
        }

        await tracker.FlushAsync();
        return run;
    }

    private static async Task PrintAsync(string what, int times, Func<Task> call)
    {
        double[] taken = new double[times];
        long allocated = 0;
        for (int i = -3; i < times; i++)
        {
            allocated = i == 0 ? GC.GetTotalAllocatedBytes() : allocated;
            long started = Stopwatch.GetTimestamp();
            await call();
            if (i >= 0)
            {
                taken[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            }
        }

        double kilobytes = (GC.GetTotalAllocatedBytes() - allocated) / 1e3 / times;
        Array.Sort(taken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {taken[times / 2]:F2} | {taken[times * 95 / 100]:F2} | {kilobytes:N0} |"));
    }

    private static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
