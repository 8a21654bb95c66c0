using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/metrics/*</c>.</summary>
/// <param name="read">Reads the points.</param>
internal sealed class MetricEndpoints(ReadMetricPage read)
{
    private const int MaximumPoints = 25_000;
    private const int MaximumRuns = 100;
    private const int MaximumSteps = 2_500;

    // Of what is read to sample an interval, so many points need not be read again to be sent: 6 MB.
    private const int KeptPoints = 250_000;

    public IEnumerable<MlflowRoute> Routes =>
    [
        new("GET", "mlflow/metrics/get-history", GetHistoryAsync),
        new("GET", "mlflow/metrics/get-history-bulk", GetHistoriesAsync),
        new("GET", "mlflow/metrics/get-history-bulk-interval", GetIntervalAsync),
    ];

    private Task GetHistoryAsync(MlflowCall call)
    {
        string run = RunIds.Read(call.Fields), key = call.Fields.RequiredText("metric_key");
        string? first = Pages.TokenOf(call.Fields);
        bool isWhole = call.Fields.Int64("max_results") is null && first is null;
        int take = isWhole ? int.MaxValue : Pages.SizeOf(call.Fields, MaximumPoints, MaximumPoints);
        return call.StreamAsync(async answer =>
        {
            string? next = first;
            bool isEmpty = true;
            do
            {
                MetricPage page = await read(run, key, take, next, call.Cancelled).ConfigureAwait(false);
                foreach (MetricPoint point in MetricHistory.PointsOf(page, isFirst: next is null))
                {
                    if (isEmpty)
                    {
                        isEmpty = false;
                        answer.Json.WriteStartArray("metrics");
                    }

                    MetricJson.Write(answer.Json, key, point);
                    await answer.SendIfFullAsync().ConfigureAwait(false);
                }

                next = page.Next;
            }
            while (isWhole && next is not null);

            if (!isEmpty)
            {
                answer.Json.WriteEndArray();
            }

            if (next is not null)
            {
                answer.Json.WriteString("next_page_token", next);
            }
        });
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
                MetricPage page = await read(run, key, left, null, call.Cancelled).ConfigureAwait(false);
                points.AddRange(MetricHistory.PointsOf(page, isFirst: true).Select(point => (run, point)));
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

        var budget = new PointBudget(KeptPoints);
        List<MetricPages> histories = runs.ConvertAll(run => new MetricPages(read, run, key, first, last, budget));
        HashSet<long> sampled = await SampledSteps.OfAsync(histories, (int)steps, SampledSteps.UsualLimit, call.Cancelled).ConfigureAwait(false);
        await call.StreamAsync(answer => WriteAsync(answer, key, histories, sampled, call.Cancelled)).ConfigureAwait(false);
    }

    private static async Task WriteAsync(AnswerStream answer, string key, List<MetricPages> histories, HashSet<long> steps, CancellationToken cancellationToken)
    {
        int written = 0;
        foreach (MetricPages history in histories.TakeWhile(_ => written < MaximumPoints))
        {
            await foreach (List<MetricPoint> points in history.ReadAsync(MaximumPoints, cancellationToken).ConfigureAwait(false))
            {
                foreach (MetricPoint point in points.Where(point => steps.Contains(point.Step)).Take(MaximumPoints - written))
                {
                    if (written++ == 0)
                    {
                        answer.Json.WriteStartArray("metrics");
                    }

                    MetricJson.Write(answer.Json, key, point, history.RunId);
                    await answer.SendIfFullAsync().ConfigureAwait(false);
                }

                if (written == MaximumPoints)
                {
                    break;
                }
            }
        }

        if (written > 0)
        {
            answer.Json.WriteEndArray();
        }
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
