using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/metrics/*</c>.</summary>
internal sealed class MetricEndpoints(Tracker tracker)
{
    private const int MaximumPoints = 25_000;
    private const int MaximumRuns = 100;
    private const int MaximumSteps = 2_500;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("GET", "mlflow/metrics/get-history", GetHistoryAsync),
        new("GET", "mlflow/metrics/get-history-bulk", GetHistoriesAsync),
        new("GET", "mlflow/metrics/get-history-bulk-interval", GetIntervalAsync),
    ];

    private async Task GetHistoryAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields), key = call.Fields.RequiredText("metric_key");
        string? after = Pages.TokenOf(call.Fields);
        (List<MetricPoint> points, string? next) = call.Fields.Int64("max_results") is null && after is null
            ? (await MetricHistory.ReadAsync(tracker, run, key, call.Cancelled).ConfigureAwait(false), null)
            : await MetricHistory.ReadPageAsync(tracker, run, key, Pages.SizeOf(call.Fields, MaximumPoints, MaximumPoints), after, call.Cancelled).ConfigureAwait(false);
        await call.AnswerAsync(writer =>
        {
            if (points.Count > 0)
            {
                writer.WriteStartArray("metrics");
                foreach (MetricPoint point in points)
                {
                    MetricJson.Write(writer, key, point);
                }

                writer.WriteEndArray();
            }

            if (next is not null)
            {
                writer.WriteString("next_page_token", next);
            }
        }).ConfigureAwait(false);
    }

    private async Task GetHistoriesAsync(MlflowCall call)
    {
        List<string> runs = call.Fields.Texts("run_id");
        if (runs.Count is 0 or > MaximumRuns)
        {
            throw ProtocolException.Invalid(runs.Count == 0
                ? "GetMetricHistoryBulk request must specify at least one run_id."
                : $"GetMetricHistoryBulk request cannot specify more than {MaximumRuns} run_ids. Received {runs.Count} run_ids.");
        }

        string key = call.Fields.Text("metric_key") is { Length: > 0 } given ? given : throw ProtocolException.Invalid("GetMetricHistoryBulk request must specify a metric_key.");

        // More than that is not refused here, but cut.
        int wanted = Pages.SizeOf(call.Fields, int.MaxValue, MaximumPoints);
        List<(string Run, MetricPoint Point)> points = [];
        foreach (string run in Distinct(runs).Order(StringComparer.Ordinal))
        {
            int left = Math.Min(wanted, MaximumPoints) - points.Count;
            if (left > 0)
            {
                (List<MetricPoint> history, _) = await MetricHistory.ReadPageAsync(tracker, run, key, left, after: null, call.Cancelled).ConfigureAwait(false);
                points.AddRange(history.Select(point => (run, point)));
            }
        }

        await call.AnswerAsync(writer => Write(writer, key, points)).ConfigureAwait(false);
    }

    private async Task GetIntervalAsync(MlflowCall call)
    {
        List<string> runs = call.Fields.Texts("run_ids");
        if (runs.Count is 0 or > MaximumRuns)
        {
            throw runs.Count == 0
                ? ProtocolException.Missing("run_ids")
                : ProtocolException.Invalid($"GetMetricHistoryBulkInterval request must specify at most {MaximumRuns} run_ids. Received {runs.Count} run_ids.");
        }

        runs = Distinct(runs);
        string key = call.Fields.RequiredText("metric_key");
        long steps = call.Fields.Int64("max_results") ?? MaximumSteps;
        if (steps is < 1 or > MaximumSteps)
        {
            throw ProtocolException.Invalid($"max_results must be between 1 and {MaximumSteps}. Received {steps}.");
        }

        long? first = call.Fields.Int64("start_step"), last = call.Fields.Int64("end_step");
        if (first is null != last is null)
        {
            throw ProtocolException.Invalid("If either start step or end step are specified, both must be specified.");
        }

        if (first > last)
        {
            throw ProtocolException.Invalid($"end_step must be greater than start_step. Found start_step={first} and end_step={last}.");
        }

        List<List<MetricPoint>> histories = [];
        foreach (string run in runs)
        {
            List<MetricPoint> history = await MetricHistory.ReadAsync(tracker, run, key, call.Cancelled).ConfigureAwait(false);
            history.RemoveAll(point => point.Step < first || point.Step > last);
            histories.Add(history);
        }

        HashSet<long> sampled = SampledSteps.Of(histories, (int)steps);
        List<(string Run, MetricPoint Point)> points = [.. runs.Zip(histories)
            .SelectMany(static pair => pair.Second
                .OrderBy(static point => point.Step).ThenBy(static point => point.Time).ThenBy(static point => point.Value)
                .Select(point => (pair.First, point)))
            .Where(pair => sampled.Contains(pair.point.Step))
            .Take(MaximumPoints)];
        await call.AnswerAsync(writer => Write(writer, key, points)).ConfigureAwait(false);
    }

    private static List<string> Distinct(List<string> runs) => [.. runs.Distinct(StringComparer.Ordinal).Select(RunIds.Require)];

    private static void Write(Utf8JsonWriter writer, string key, List<(string Run, MetricPoint Point)> points)
    {
        if (points.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("metrics");
        foreach ((string run, MetricPoint point) in points)
        {
            MetricJson.Write(writer, key, point, run);
        }

        writer.WriteEndArray();
    }
}
