namespace Mlops.Tracking;

/// <summary>Writes the runs of a query as CSV, page by page.</summary>
internal static class RunCsv
{
    private static readonly string[] Attributes = ["run_id", "experiment", "run_name", "status", "start_time", "end_time"];

    public static async Task<long> WriteAsync(
        Tracker tracker, Stream destination, string[] experiments, RunQuery query, CsvExportOptions options, CancellationToken cancellationToken)
    {
        RunColumns columns = query.Columns is { } named
            ? RunColumns.Parse(named, nameof(query))
            : await FindColumnsAsync(tracker, experiments, query.Clone(), cancellationToken).ConfigureAwait(false);
        long written = 0;
        var csv = new CsvWriter(destination, options);
        await using (csv.ConfigureAwait(false))
        {
            foreach (string column in (IEnumerable<string>)
            [
                .. Attributes, .. columns.Parameters.Select(static key => $"{RunFields.Parameters}.{key}"),
                .. columns.Metrics.Select(static key => $"{RunFields.Metrics}.{key}"), .. columns.Tags.Select(static key => $"{RunFields.Tags}.{key}"),
            ])
            {
                csv.Add(column);
            }

            await csv.EndLineAsync(cancellationToken).ConfigureAwait(false);
            do
            {
                RunPage page = await tracker.ListRunsAsync(experiments, query, cancellationToken).ConfigureAwait(false);
                foreach (RunRecord run in page.Runs)
                {
                    Add(csv, run, columns);
                    await csv.EndLineAsync(cancellationToken).ConfigureAwait(false);
                    written++;
                }

                query.After = page.Next;
            }
            while (query.After is not null);
        }

        return written;
    }

    /// <summary>Every key of the runs, by name.</summary>
    private static async Task<RunColumns> FindColumnsAsync(Tracker tracker, string[] experiments, RunQuery query, CancellationToken cancellationToken)
    {
        SortedSet<string> metrics = new(StringComparer.Ordinal), parameters = new(StringComparer.Ordinal), tags = new(StringComparer.Ordinal);
        do
        {
            RunPage page = await tracker.ListRunsAsync(experiments, query, cancellationToken).ConfigureAwait(false);
            foreach (RunRecord run in page.Runs)
            {
                metrics.UnionWith(run.Metrics.Keys);
                parameters.UnionWith(run.Parameters.Keys);
                tags.UnionWith(run.Tags.Keys);
            }

            query.After = page.Next;
        }
        while (query.After is not null);
        return new RunColumns([.. metrics], [.. parameters], [.. tags]);
    }

    private static void Add(CsvWriter csv, RunRecord run, RunColumns columns)
    {
        csv.Add(run.Id);
        csv.Add(run.Experiment);
        csv.Add(run.Name);
        csv.Add(run.Status.ToString());
        csv.Add(run.StartTime);
        if (run.EndTime is { } end)
        {
            csv.Add(end);
        }
        else
        {
            csv.Add(null);
        }

        foreach (string key in columns.Parameters)
        {
            csv.Add(run.Parameters.GetValueOrDefault(key));
        }

        foreach (string key in columns.Metrics)
        {
            if (run.Metrics.TryGetValue(key, out MetricSummary? summary))
            {
                csv.Add(summary.Value);
            }
            else
            {
                csv.Add(null);
            }
        }

        foreach (string key in columns.Tags)
        {
            csv.Add(run.Tags.GetValueOrDefault(key));
        }
    }
}
