using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary><c>mlflow/experiments/search-datasets</c>: which data the runs of some experiments read, and what for.</summary>
internal sealed class DatasetEndpoints(Tracker tracker, ExperimentIds ids)
{
    private const int MaximumExperiments = 20;
    private const int MaximumSummaries = 1_000;

    public IEnumerable<MlflowRoute> Routes => [new("POST", "mlflow/experiments/search-datasets", SearchAsync) { IsIn3 = true }];

    private async Task SearchAsync(MlflowCall call)
    {
        List<string> experiments = call.Fields.Texts("experiment_ids");
        if (experiments.Count is 0 or > MaximumExperiments)
        {
            throw experiments.Count == 0
                ? ProtocolException.Invalid("SearchDatasets request must specify at least one experiment_id.")
                : ProtocolException.Invalid($"SearchDatasets request cannot specify more than {MaximumExperiments} experiment_ids. Received {experiments.Count} experiment_ids.");
        }

        List<(string Experiment, DatasetSummary Dataset)> found = [];
        foreach (string id in experiments.Distinct(StringComparer.Ordinal))
        {
            if (await ids.FindAsync(id, call.Cancelled).ConfigureAwait(false) is { IsDeleted: false } experiment)
            {
                IReadOnlyList<DatasetSummary> datasets = await tracker.ListExperimentDatasetsAsync(experiment.Name, call.Cancelled).ConfigureAwait(false);
                found.AddRange(datasets.Select(dataset => (ExperimentIds.IdOf(experiment), dataset)));
            }
        }

        await call.AnswerAsync(writer =>
        {
            if (found.Count == 0)
            {
                return;
            }

            writer.WriteStartArray("dataset_summaries");
            foreach ((string experiment, DatasetSummary dataset) in found.Take(MaximumSummaries))
            {
                writer.WriteStartObject();
                writer.WriteString("experiment_id", experiment);
                writer.WriteString("name", dataset.Name);
                writer.WriteString("digest", dataset.Digest);
                if (dataset.Context is not null)
                {
                    writer.WriteString("context", dataset.Context);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }).ConfigureAwait(false);
    }
}
