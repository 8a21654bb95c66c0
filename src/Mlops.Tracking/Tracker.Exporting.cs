namespace Mlops.Tracking;

public sealed partial class Tracker
{
    private const int MaximumExportedRuns = 10_000;

    /// <summary>
    /// Writes the runs that a query finds, all its pages, as CSV (RFC 4180, UTF-8, numbers and times invariant, times in UTC): run_id,
    /// experiment, run_name, status, start_time, end_time, then <c>params.</c>, <c>metrics.</c> (last values) and <c>tags.</c> by name. The
    /// columns are those of <see cref="RunQuery.Columns"/>, or else every key that the runs have when the export begins. Holds a page at a time.
    /// </summary>
    /// <param name="destination">Where it is written; stays open.</param>
    /// <param name="experiments">The experiments' names, 1 to 1 000.</param>
    /// <param name="query">Which runs, in which order; null for all, the newest first. <see cref="RunQuery.After"/> is where it begins.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the export; what was written stays.</param>
    /// <returns>How many runs were written.</returns>
    /// <exception cref="ArgumentException">As for <see cref="ListRunsAsync(IReadOnlyList{string}, RunQuery, CancellationToken)"/>.</exception>
    public Task<long> ExportRunsAsync(
        Stream destination, IReadOnlyList<string> experiments, RunQuery? query = null, CsvExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        query = query?.Clone() ?? new RunQuery();
        query.Take = MaximumTake;
        Require(query);
        return RunCsv.WriteAsync(this, destination, RequireExperiments(experiments), query, options ?? new CsvExportOptions(), cancellationToken);
    }

    /// <summary>
    /// Writes every point of metrics as CSV (RFC 4180, UTF-8, invariant): run_id, metric, step, time, value; runs as they are named, metrics by
    /// name, points in the order of <see cref="GetMetricHistoryAsync"/>. Values read back as the doubles that were logged. Holds a metric of a run at a time.
    /// </summary>
    /// <param name="destination">Where it is written; stays open.</param>
    /// <param name="runIds">The runs, 1 to 10 000.</param>
    /// <param name="keys">The metrics; null for all that a run has.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops the export; what was written stays.</param>
    /// <returns>How many points were written.</returns>
    /// <exception cref="ArgumentException">There are no or too many runs, or a key is none.</exception>
    /// <exception cref="RunNotFoundException">No run has one of the ids; the runs before it were written.</exception>
    public Task<long> ExportMetricsAsync(
        Stream destination, IReadOnlyList<string> runIds, IReadOnlyList<string>? keys = null, CsvExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(runIds);
        if (runIds.Count is < 1 or > MaximumExportedRuns)
        {
            throw new ArgumentException($"An export has 1 to {MaximumExportedRuns} runs, got {runIds.Count}.", nameof(runIds));
        }

        foreach (string key in keys ?? [])
        {
            Names.RequireKey(key, nameof(keys));
        }

        return ExportMetricsCoreAsync(destination, [.. runIds], keys is null ? null : [.. keys], options ?? new CsvExportOptions(), cancellationToken);
    }

    /// <summary>
    /// Writes a run for TensorBoard: every metric as a scalar (as a 32-bit float, which is what TensorBoard reads) and the parameters
    /// for its HParams view. The file is <c>FOLDER/RUNID/events.out.tfevents.SECONDS.mlops</c>, so that <c>tensorboard --logdir FOLDER</c> shows
    /// each exported run under its id; an earlier export of the same run is replaced. Holds a metric at a time.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="folder">The log folder, created when it is not there.</param>
    /// <param name="cancellationToken">Stops the export.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="RunNotFoundException">No run has this id.</exception>
    public Task<string> ExportTensorBoardAsync(string runId, string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return ExportTensorBoardCoreAsync(runId, folder, cancellationToken);
    }

    private async Task<long> ExportMetricsCoreAsync(Stream destination, string[] runIds, string[]? keys, CsvExportOptions options, CancellationToken cancellationToken)
    {
        long written = 0;
        var csv = new CsvWriter(destination, options);
        await using (csv.ConfigureAwait(false))
        {
            foreach (string column in (string[])["run_id", "metric", "step", "time", "value"])
            {
                csv.Add(column);
            }

            await csv.EndLineAsync(cancellationToken).ConfigureAwait(false);
            foreach (string id in runIds)
            {
                RunRecord run = await GetRunAsync(id, cancellationToken).ConfigureAwait(false);
                foreach (string key in run.Metrics.Keys.Where(key => keys is null || Array.IndexOf(keys, key) >= 0).Order(StringComparer.Ordinal))
                {
                    foreach (MetricPoint point in await GetMetricHistoryAsync(id, key, cancellationToken).ConfigureAwait(false))
                    {
                        csv.Add(id);
                        csv.Add(key);
                        csv.Add(point.Step);
                        csv.Add(point.Time);
                        csv.Add(point.Value);
                        await csv.EndLineAsync(cancellationToken).ConfigureAwait(false);
                        written++;
                    }
                }
            }
        }

        return written;
    }

    private async Task<string> ExportTensorBoardCoreAsync(string runId, string folder, CancellationToken cancellationToken)
    {
        RunRecord run = await GetRunAsync(runId, cancellationToken).ConfigureAwait(false);

        // The stored id and not the caller's text is what becomes a path.
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, run.Id)).FullName, $"events.out.tfevents.{run.StartTime.ToUnixTimeSeconds()}.mlops");

        // TensorBoard reads every file whose name holds 'tfevents'.
        string unfinished = Path.Combine(Path.GetDirectoryName(path)!, $"unfinished-{Guid.NewGuid():N}");
        try
        {
            var stream = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 64 * 1024, useAsync: true);
            await using (stream.ConfigureAwait(false))
            {
                await TensorBoardExport.WriteAsync(this, run, stream, cancellationToken).ConfigureAwait(false);
            }

            File.Move(unfinished, path, overwrite: true);
            return path;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
