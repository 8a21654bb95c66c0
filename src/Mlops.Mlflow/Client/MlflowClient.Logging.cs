using System.Buffers;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowClient
{
    private const int MaximumMetrics = 1_000;
    private const string LogBatch = "runs/log-batch";
    private const int MaximumPairs = 100;

    // Servers take a megabyte; what is written is measured after each item.
    private const int MaximumBatchBytes = 900_000;

    /// <summary>
    /// Logs metrics, parameters, tags and datasets, in as many requests as MLflow's limits ask for: each is stored whole, all together are
    /// not. Repeating the call after a failure changes nothing that was stored, where metrics have a <see cref="Metric.Time"/>: without one
    /// they get that of the call, and are other points at the next.
    /// </summary>
    /// <exception cref="MlflowException">The server refused, for example another value of a parameter.</exception>
    public Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentNullException.ThrowIfNull(log);
        return LogCoreAsync(runId, log, cancellationToken);
    }

    private async Task LogCoreAsync(string runId, RunLog log, CancellationToken cancellationToken)
    {
        // Read before the first await.
        KeyValuePair<string, string>[] parameters = [.. log.Parameters ?? new Dictionary<string, string>()], tags = [.. log.Tags ?? new Dictionary<string, string>()];
        Metric[] metrics = [.. log.Metrics ?? []];
        DatasetInput[] datasets = [.. log.Datasets ?? []];
        await SendPairsAsync(runId, "params", parameters, cancellationToken).ConfigureAwait(false);
        await SendPairsAsync(runId, "tags", tags, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = _time.GetUtcNow();
        await SendBatchesAsync(
            LogBatch, runId, "metrics", metrics, MaximumMetrics,
            (writer, metric) => MetricJson.Write(writer, metric.Key, new MetricPoint(metric.Step, metric.Time ?? now, metric.Value)), cancellationToken).ConfigureAwait(false);
        await SendBatchesAsync("runs/log-inputs", runId, "datasets", datasets, MaximumMetrics, DatasetJson.WriteOne, cancellationToken).ConfigureAwait(false);
    }

    private Task SendPairsAsync(string runId, string kind, IReadOnlyList<KeyValuePair<string, string>> pairs, CancellationToken cancellationToken) =>
        SendBatchesAsync(LogBatch, runId, kind, pairs, MaximumPairs, static (writer, pair) => WireTags.WriteOne(writer, pair.Key, pair.Value), cancellationToken);

    private async Task SendBatchesAsync<T>(
        string path, string runId, string kind, IReadOnlyList<T> items, int maximum, Action<Utf8JsonWriter, T> write, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(4_096);
        for (int sent = 0; sent < items.Count;)
        {
            buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(buffer))
            {
                writer.WriteStartObject();
                writer.WriteString("run_id", runId);
                writer.WriteStartArray(kind);
                for (int count = 0; count < maximum && sent < items.Count && writer.BytesCommitted + writer.BytesPending < MaximumBatchBytes; count++, sent++)
                {
                    write(writer, items[sent]);
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            await PostAsync(path, buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
    }
}
