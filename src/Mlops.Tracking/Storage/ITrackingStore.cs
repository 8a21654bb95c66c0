using System.Diagnostics.CodeAnalysis;
using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// Where a <see cref="Tracker"/> keeps runs: the database of the host, or what replaces it as a whole, for example an MLflow server.
/// Thread-safe. Arguments come checked: keys, names, values and lengths follow the rules that the tracker's own calls state.
/// </summary>
/// <remarks>
/// A failure that may pass is a <see cref="StorageException"/> with <see cref="StorageException.IsTransient"/>: the tracker repeats what
/// handles logged, or keeps it in the journal. One that somebody has to mend, as missing rights, is a <see cref="StorageException"/> without:
/// it goes to the journal too, and is lost where there is none. A batch that breaks a rule of the store is a <see cref="BatchRefusedException"/>,
/// and one of a run that is gone a <see cref="RunNotFoundException"/> or <see cref="RunDeletedException"/>: it is set aside, and the next ones follow. What only a database can do is not here, and <see cref="NotSupportedException"/> on a
/// tracker over another store: <see cref="Tracker.PurgeAsync"/>, <see cref="Tracker.ReapOrphansAsync"/>, <see cref="Tracker.CompareRunsAsync"/>,
/// <see cref="Tracker.ListMetricPointsAsync"/>, counting runs and listing an experiment's datasets. Runs there hold no lease, refer to no surroundings and tell no outbox.
/// </remarks>
[Experimental("MLOPS001")]
public interface ITrackingStore
{
    /// <summary>Starts a run, or finds the run that was started with the same idempotency key.</summary>
    /// <returns>The run; its id is the store's and may be another than <see cref="NewRun.Id"/>.</returns>
    /// <exception cref="RunNotFoundException">The parent does not exist.</exception>
    /// <exception cref="ExperimentDeletedException">The experiment is deleted.</exception>
    /// <exception cref="RunDeletedException">The run of the key is deleted.</exception>
    Task<RunRecord> StartRunAsync(NewRun run, CancellationToken cancellationToken);

    /// <summary>
    /// Stores what one handle logged to one run, in its order; repeated until it is acknowledged, and so idempotent. Parameters that have
    /// another value already are left, and everything else is stored.
    /// </summary>
    /// <param name="batches">Batches of one run and one writer, by ascending sequence.</param>
    /// <param name="cancellationToken">Stops the writing between two requests.</param>
    /// <returns>The parameters that were left.</returns>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="BatchRefusedException">The store takes none of these batches, or not all of them, however often they are sent.</exception>
    Task<IReadOnlyList<ParameterConflict>> AppendAsync(IReadOnlyList<RunAppend> batches, CancellationToken cancellationToken);

    /// <summary>
    /// Stores metrics, parameters, tags and datasets of a run; read before the first await. As atomic as the store can be. A point that the run has
    /// (<see cref="Metric"/>) is not stored again.
    /// </summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    /// <exception cref="ParameterConflictException">Parameters have other values; nothing was stored.</exception>
    Task LogAsync(string runId, RunLog log, CancellationToken cancellationToken);

    /// <summary>Changes a run's status, end time or name.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    Task<RunRecord> UpdateRunAsync(string runId, RunUpdate update, CancellationToken cancellationToken);

    /// <summary>Removes a tag; false when the run has none of this key.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    Task<bool> RemoveTagAsync(string runId, string key, CancellationToken cancellationToken);

    /// <summary>Deletes a run so that it can be restored; false when it was deleted before.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    Task<bool> DeleteRunAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Restores a run; false when it is not deleted.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="ExperimentDeletedException">Its experiment is deleted.</exception>
    Task<bool> RestoreRunAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Reads a run, also one that is deleted; null when there is none.</summary>
    Task<RunRecord?> FindRunAsync(string runId, CancellationToken cancellationToken);

    /// <summary>
    /// Lists a page of runs; experiments that do not exist have none. <see cref="RunQuery.Columns"/> come as <c>metrics.key</c>, <c>params.key</c>, <c>tags.key</c>.
    /// </summary>
    /// <exception cref="ArgumentException"><see cref="RunQuery.After"/> is no position; thrown before any await.</exception>
    Task<RunPage> ListRunsAsync(IReadOnlyList<string> experiments, RunQuery query, CancellationToken cancellationToken);

    /// <summary>Every point of a metric, each once, by step, then time, then value with NaN last; empty when the run has no such metric.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    Task<IReadOnlyList<MetricPoint>> ReadHistoryAsync(string runId, string key, CancellationToken cancellationToken);

    /// <summary>The data that runs read, by run, ordered by name, digest and context; a run that read nothing, or does not exist, is absent.</summary>
    Task<IReadOnlyDictionary<string, IReadOnlyList<DatasetInput>>> ListDatasetsAsync(IReadOnlyList<string> runIds, CancellationToken cancellationToken);

    /// <summary>Stores a file with a run; the same name again replaces it. The content is read to its end and left open.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    Task<RunArtifact> LogArtifactAsync(string runId, string name, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens a file of a run.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunArtifactNotFoundException">The run has none of that name.</exception>
    Task<Stream> OpenArtifactAsync(string runId, string name, CancellationToken cancellationToken);

    /// <summary>What a run logged as artifacts, ordered by name.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    Task<IReadOnlyList<RunArtifact>> ListArtifactsAsync(string runId, CancellationToken cancellationToken);

    /// <summary>Removes a file from a run; false when it has none of that name.</summary>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    Task<bool> RemoveArtifactAsync(string runId, string name, CancellationToken cancellationToken);

    /// <summary>Creates an experiment.</summary>
    /// <exception cref="ExperimentExistsException">The name is taken, perhaps by one that is deleted.</exception>
    Task<Experiment> CreateExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken);

    /// <summary>Reads an experiment by its name, also one that is deleted; null when there is none.</summary>
    Task<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken);

    /// <summary>Reads an experiment by its number, also one that is deleted; null when there is none.</summary>
    Task<Experiment?> FindExperimentAsync(long id, CancellationToken cancellationToken);

    /// <summary>Lists a page of experiments.</summary>
    /// <exception cref="ArgumentException"><see cref="ExperimentQuery.After"/> is no position; thrown before any await.</exception>
    Task<ExperimentPage> ListExperimentsAsync(ExperimentQuery query, CancellationToken cancellationToken);

    /// <summary>Gives an experiment another name.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    /// <exception cref="ExperimentExistsException">The new name is taken.</exception>
    Task<Experiment> RenameExperimentAsync(string name, string newName, CancellationToken cancellationToken);

    /// <summary>Sets a tag of an experiment.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    Task SetExperimentTagAsync(string name, string key, string value, CancellationToken cancellationToken);

    /// <summary>Removes a tag of an experiment; false when it has none of this key.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    Task<bool> RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken);

    /// <summary>Deletes an experiment with its runs, so that it can be restored; false when it was deleted before.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    Task<bool> DeleteExperimentAsync(string name, CancellationToken cancellationToken);

    /// <summary>Restores an experiment with its runs; false when it is not deleted.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    Task<bool> RestoreExperimentAsync(string name, CancellationToken cancellationToken);
}
