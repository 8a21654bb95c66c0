using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/experiments/search-datasets</c>: which data the runs of some experiments read, and what for.</summary>
internal sealed class DatasetEndpoints(Tracker tracker, ExperimentIds ids)
{
    private const int MaximumExperiments = 20;
    private const int MaximumSummaries = 1_000;
    private const int RunsLookedAt = 1_000;

    public IEnumerable<MlflowRoute> Routes => [new("POST", "mlflow/experiments/search-datasets", SearchAsync) { IsIn3 = true }];

    private async Task SearchAsync(MlflowCall call)
    {
        List<string> experiments = call.Fields.Texts("experiment_ids");
        if (experiments.Count is 0 or > MaximumExperiments)
        {
            throw experiments.Count == 0
                ? ProtocolException.Missing("experiment_ids")
                : ProtocolException.Invalid($"SearchDatasets request cannot specify more than {MaximumExperiments} experiment_ids. Received {experiments.Count} experiment_ids.");
        }

        HashSet<(string Experiment, string Name, string Digest, string? Context)> found = [];
        foreach (string id in experiments)
        {
            if (await ids.FindAsync(id, call.Cancelled).ConfigureAwait(false) is { IsDeleted: false } experiment)
            {
                await AddAsync(found, experiment, call.Cancelled).ConfigureAwait(false);
            }
        }

        await call.AnswerAsync(writer =>
        {
            if (found.Count == 0)
            {
                return;
            }

            writer.WriteStartArray("dataset_summaries");
            foreach ((string experiment, string name, string digest, string? context) in found.Take(MaximumSummaries))
            {
                writer.WriteStartObject();
                writer.WriteString("experiment_id", experiment);
                writer.WriteString("name", name);
                writer.WriteString("digest", digest);
                if (context is not null)
                {
                    writer.WriteString("context", context);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>Of the newest runs; those that read data long ago are not looked for.</summary>
    private async Task AddAsync(HashSet<(string Experiment, string Name, string Digest, string? Context)> found, Experiment experiment, CancellationToken cancellationToken)
    {
        string id = ExperimentIds.IdOf(experiment);
        RunPage page = await tracker.ListRunsAsync(experiment.Name, new RunQuery { Take = RunsLookedAt, Columns = [] }, cancellationToken).ConfigureAwait(false);
        foreach (RunRecord run in page.Runs)
        {
            if (found.Count >= MaximumSummaries)
            {
                return;
            }

            foreach (DatasetInput dataset in await tracker.ListDatasetsAsync(run.Id, cancellationToken).ConfigureAwait(false))
            {
                found.Add((id, dataset.Name, dataset.Digest, dataset.Context));
            }
        }
    }
}
