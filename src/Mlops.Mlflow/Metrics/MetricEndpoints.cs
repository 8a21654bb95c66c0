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
        int offset = OffsetToken.Parse(Pages.TokenOf(call.Fields));
        int? take = call.Fields.Int64("max_results") is null ? null : Pages.SizeOf(call.Fields, MaximumPoints, usual: null);
        List<MetricPoint> points = await MetricHistory.ReadAsync(tracker, run, key, call.Cancelled).ConfigureAwait(false);
        int begin = Math.Min(offset, points.Count), end = take is { } most ? Math.Min(begin + most, points.Count) : points.Count;
        await call.AnswerAsync(writer =>
        {
            if (begin < end)
            {
                writer.WriteStartArray("metrics");
                for (int i = begin; i < end; i++)
                {
                    MetricJson.Write(writer, key, points[i]);
                }

                writer.WriteEndArray();
            }

            if (end < points.Count)
            {
                writer.WriteString("next_page_token", OffsetToken.ToText(end));
            }
        }).ConfigureAwait(false);
    }

    private async Task GetHistoriesAsync(MlflowCall call)
    {
        List<string> runs = RunsOf(call.Fields, "run_id");
        string key = call.Fields.RequiredText("metric_key");
        int left = Pages.SizeOf(call.Fields, MaximumPoints, MaximumPoints);
        List<(string Run, MetricPoint Point)> points = [];
        foreach (string run in runs.Order(StringComparer.Ordinal))
        {
            List<MetricPoint> history = await MetricHistory.ReadAsync(tracker, run, key, call.Cancelled).ConfigureAwait(false);
            points.AddRange(history.Take(left - points.Count).Select(point => (run, point)));
        }

        await call.AnswerAsync(writer => Write(writer, key, points)).ConfigureAwait(false);
    }

    private async Task GetIntervalAsync(MlflowCall call)
    {
        List<string> runs = RunsOf(call.Fields, "run_ids");
        string key = call.Fields.RequiredText("metric_key");
        int steps = Pages.SizeOf(call.Fields, MaximumSteps, MaximumSteps);
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

        HashSet<long> sampled = SampledSteps.Of(histories, steps);
        List<(string Run, MetricPoint Point)> points = [.. runs.Zip(histories)
            .SelectMany(static pair => pair.Second
                .OrderBy(static point => point.Step).ThenBy(static point => point.Time).ThenBy(static point => point.Value)
                .Select(point => (pair.First, point)))
            .Where(pair => sampled.Contains(pair.point.Step))
            .Take(MaximumPoints)];
        await call.AnswerAsync(writer => Write(writer, key, points)).ConfigureAwait(false);
    }

    private static List<string> RunsOf(MlflowRequest fields, string name)
    {
        List<string> runs = fields.Texts(name);
        return runs.Count is >= 1 and <= MaximumRuns
            ? [.. runs.Distinct(StringComparer.Ordinal).Select(RunIds.Require)]
            : throw (runs.Count == 0
                ? ProtocolException.Missing(name)
                : ProtocolException.Invalid($"GetMetricHistoryBulk request cannot specify more than {MaximumRuns} run_ids. Received {runs.Count} run_ids."));
    }

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
