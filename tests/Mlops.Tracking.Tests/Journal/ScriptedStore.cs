using System.Collections.Concurrent;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Journal;

/// <summary>Starts runs and takes batches, or fails as it is told; knows nothing else.</summary>
internal sealed class ScriptedStore : ITrackingStore
{
    /// <summary>Asked of every call before its batches are taken; what it throws is the store's answer.</summary>
    public Func<IReadOnlyList<RunAppend>, Task> OnAppend { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What was taken, in its order.</summary>
    public ConcurrentQueue<RunAppend> Taken { get; } = new();

    public IEnumerable<double> Values => Taken.SelectMany(static batch => batch.Metrics).Select(static metric => metric.Value);

    public static StorageException Away => new("The server is away.") { IsTransient = true };

    public Task<RunRecord> StartRunAsync(NewRun run, CancellationToken cancellationToken) => Task.FromResult(new RunRecord
    {
        Id = run.Id,
        ExperimentId = 1,
        Experiment = run.Experiment,
        Name = run.Name,
        ParentId = null,
        Status = RunStatus.Running,
        StartTime = run.StartTime,
        EndTime = null,
        DeletedAt = null,
        DroppedItems = 0,
        IsLost = false,
        Parameters = new Dictionary<string, string>(),
        Tags = new Dictionary<string, string>(),
        Metrics = new Dictionary<string, MetricSummary>(),
    });

    public async Task<IReadOnlyList<ParameterConflict>> AppendAsync(IReadOnlyList<RunAppend> batches, CancellationToken cancellationToken)
    {
        await OnAppend(batches);
        foreach (RunAppend batch in batches)
        {
            Taken.Enqueue(batch);
        }

        return [];
    }

    public Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunRecord> UpdateRunAsync(string runId, RunUpdate update, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveTagAsync(string runId, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> DeleteRunAsync(string runId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RestoreRunAsync(string runId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunRecord?> FindRunAsync(string runId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<RunPage> ListRunsAsync(IReadOnlyList<string> experiments, RunQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<MetricPoint>> ReadHistoryAsync(string runId, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ListDatasetsAsync(IReadOnlyList<string> runIds, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<RunArtifact> LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Stream> OpenArtifactAsync(string runId, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<RunArtifact>> ListArtifactsAsync(string runId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveArtifactAsync(string runId, string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Experiment> CreateExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Experiment?> FindExperimentAsync(long id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<ExperimentPage> ListExperimentsAsync(ExperimentQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Experiment> RenameExperimentAsync(string name, string newName, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetExperimentTagAsync(string name, string key, string value, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> DeleteExperimentAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> RestoreExperimentAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();
}
