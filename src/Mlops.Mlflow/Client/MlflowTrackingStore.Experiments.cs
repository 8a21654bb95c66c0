using System.Globalization;
using System.Net;
using System.Text.Json;
using Mlops.Tracking;

namespace Mlops.Mlflow;

public sealed partial class MlflowTrackingStore
{
    /// <inheritdoc/>
    public async Task<Experiment> CreateExperimentAsync(string name, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(tags);
        try
        {
            await AskAsync(() => _client.PostAsync("experiments/create", writer =>
            {
                writer.WriteString("name", name);
                WireTags.Write(writer, "tags", tags);
            }, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.ErrorCode == ErrorCode.AlreadyExists.Name)
        {
            Experiment? other = await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false);
            throw new ExperimentExistsException(name, other?.IsDeleted == true);
        }

        return await GetByNameAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken) =>
        FindAsync($"experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", cancellationToken);

    /// <inheritdoc/>
    public Task<Experiment?> FindExperimentAsync(long id, CancellationToken cancellationToken) =>
        FindAsync($"experiments/get?experiment_id={id.ToString(CultureInfo.InvariantCulture)}", cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Filter and order go to the server as they are.</remarks>
    public async Task<ExperimentPage> ListExperimentsAsync(ExperimentQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return await AskAsync(() => _client.PostAsync("experiments/search", writer =>
        {
            WriteQuery(writer, query.Filter, query.Order, query.Take, query.After);
            writer.WriteString("view_type", ViewOf(query.Lifecycle));
        }, static answer => new ExperimentPage(
            [.. MlflowRunReader.List(answer, "experiments").Select(Read)],
            MlflowRunReader.Text(answer, "next_page_token") is { Length: > 0 } token ? token : null), cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<Experiment> RenameExperimentAsync(string name, string newName, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetActiveAsync(name, cancellationToken).ConfigureAwait(false);
        if (newName != name && await FindExperimentAsync(newName, cancellationToken).ConfigureAwait(false) is { } other)
        {
            throw new ExperimentExistsException(newName, other.IsDeleted);
        }

        await PostOfAsync(experiment, "experiments/update", writer => writer.WriteString("new_name", newName), cancellationToken).ConfigureAwait(false);
        return await GetExperimentAsync(IdOf(experiment), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task SetExperimentTagAsync(string name, string key, string value, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetActiveAsync(name, cancellationToken).ConfigureAwait(false);
        await PostOfAsync(experiment, "experiments/set-experiment-tag", writer =>
        {
            writer.WriteString("key", key);
            writer.WriteString("value", value);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Servers of MLflow 2 cannot, which is a <see cref="MlflowException"/> of status 404.</remarks>
    public async Task<bool> RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetActiveAsync(name, cancellationToken).ConfigureAwait(false);
        if (!experiment.Tags.ContainsKey(key))
        {
            return false;
        }

        await PostOfAsync(experiment, "experiments/delete-experiment-tag", writer => writer.WriteString("key", key), cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public Task<bool> DeleteExperimentAsync(string name, CancellationToken cancellationToken) => SwitchAsync(name, "experiments/delete", isDeleted: false, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> RestoreExperimentAsync(string name, CancellationToken cancellationToken) => SwitchAsync(name, "experiments/restore", isDeleted: true, cancellationToken);

    /// <summary>The id of the experiment that a run starts in, which is created when there is none.</summary>
    private async Task<string> RequireExperimentAsync(string name, CancellationToken cancellationToken)
    {
        Experiment? found = await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            try
            {
                found = await CreateExperimentAsync(name, new Dictionary<string, string>(), cancellationToken).ConfigureAwait(false);
            }
            catch (ExperimentExistsException)
            {
                // Somebody was quicker, or it was this call and its answer was lost.
                found = await GetByNameAsync(name, cancellationToken).ConfigureAwait(false);
            }
        }

        return found.IsDeleted ? throw new ExperimentDeletedException(name) : IdOf(found);
    }

    private async Task<bool> SwitchAsync(string name, string path, bool isDeleted, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetByNameAsync(name, cancellationToken).ConfigureAwait(false);
        if (experiment.IsDeleted != isDeleted)
        {
            return false;
        }

        try
        {
            await PostOfAsync(experiment, path, static _ => { }, cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception.ErrorCode == ErrorCode.DoesNotExist.Name)
        {
            // Done meanwhile, perhaps by an attempt whose answer was lost.
        }

        return true;
    }

    private async Task<Experiment> GetActiveAsync(string name, CancellationToken cancellationToken)
    {
        Experiment experiment = await GetByNameAsync(name, cancellationToken).ConfigureAwait(false);
        return experiment.IsDeleted ? throw new ExperimentDeletedException(name) : experiment;
    }

    private async Task<Experiment> GetByNameAsync(string name, CancellationToken cancellationToken) =>
        await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new ExperimentNotFoundException(name);

    private async Task<Experiment> GetExperimentAsync(string id, CancellationToken cancellationToken) =>
        await FindExperimentAsync(NumberOf(id), cancellationToken).ConfigureAwait(false) ?? throw new ExperimentNotFoundException(NumberOf(id));

    private Task<JsonElement> PostOfAsync(Experiment experiment, string path, Action<Utf8JsonWriter> write, CancellationToken cancellationToken) =>
        AskAsync(() => _client.PostAsync(path, writer =>
        {
            writer.WriteString("experiment_id", IdOf(experiment));
            write(writer);
        }, cancellationToken), cancellationToken);

    private async Task<Experiment?> FindAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(() => _client.GetAsync(path, static answer => Read(answer.GetProperty("experiment")), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (MlflowException exception) when (exception is { Status: HttpStatusCode.NotFound, ErrorCode: "RESOURCE_DOES_NOT_EXIST" })
        {
            return null;
        }
    }

    private static Experiment Read(JsonElement experiment) => new()
    {
        Id = NumberOf(MlflowRunReader.RequiredText(experiment, "experiment_id")),
        Name = MlflowRunReader.Text(experiment, "name"),
        CreatedAt = MlflowRunReader.Time(experiment, "creation_time") ?? DateTimeOffset.UnixEpoch,
        ChangedAt = MlflowRunReader.Time(experiment, "last_update_time") ?? DateTimeOffset.UnixEpoch,
        DeletedAt = MlflowRunReader.Text(experiment, "lifecycle_stage") == "deleted" ? DateTimeOffset.UnixEpoch : null,
        Tags = MlflowRunReader.Pairs(experiment, "tags"),
    };

    private static string IdOf(Experiment experiment) => experiment.Id.ToString(CultureInfo.InvariantCulture);
}
