using Mlops.Storage;

namespace Mlops.Tracking;

public sealed partial class Tracker
{
    /// <summary>Creates an experiment before its first run; starting a run does the same by itself.</summary>
    /// <param name="name">1 to 250 characters on one line.</param>
    /// <param name="options">Tags; null for none.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ArgumentException">The name or a tag is not one.</exception>
    /// <exception cref="ExperimentExistsException">An experiment has this name, perhaps one that is deleted.</exception>
    public Task<Experiment> CreateExperimentAsync(string name, CreateExperimentOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        return _store.CreateExperimentAsync(name, RequireTags(options?.Tags, nameof(options)), cancellationToken);
    }

    /// <summary>Reads an experiment, also one that is deleted; null when there is none of this name.</summary>
    public Task<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        return _store.FindExperimentAsync(name, cancellationToken);
    }

    /// <summary>Reads an experiment, also one that is deleted; null when there is none of this id.</summary>
    public Task<Experiment?> FindExperimentAsync(long id, CancellationToken cancellationToken = default) =>
        _store.FindExperimentAsync(id, cancellationToken);

    /// <summary>Reads an experiment, also one that is deleted.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    public async Task<Experiment> GetExperimentAsync(string name, CancellationToken cancellationToken = default) =>
        await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new ExperimentNotFoundException(name);

    /// <summary>Reads an experiment, also one that is deleted.</summary>
    /// <exception cref="ExperimentNotFoundException">There is none of this id.</exception>
    public async Task<Experiment> GetExperimentAsync(long id, CancellationToken cancellationToken = default) =>
        await FindExperimentAsync(id, cancellationToken).ConfigureAwait(false) ?? throw new ExperimentNotFoundException(id);

    /// <summary>Lists experiments page by page.</summary>
    /// <param name="query">Conditions, order and page; null for the newest 100.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ArgumentException">The query asks for too much, or its position is not one.</exception>
    /// <exception cref="FilterException">Its filter or its order cannot be read.</exception>
    public Task<ExperimentPage> ListExperimentsAsync(ExperimentQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new ExperimentQuery();
        if (query.Take is < 1 or > MaximumTake)
        {
            throw new ArgumentOutOfRangeException(nameof(query), query.Take, $"A page has 1 to {MaximumTake} experiments.");
        }

        RequireDefined(query.Lifecycle, nameof(query));
        if (query.Filter is not null)
        {
            _ = Filter.Parse(query.Filter, ExperimentFields.All);
        }

        _ = Ordering.Parse(query.Order, ExperimentFields.All, ExperimentFields.Ending);
        return _store.ListExperimentsAsync(query, cancellationToken);
    }

    /// <summary>Gives an experiment another name; its runs stay with it.</summary>
    /// <returns>The experiment under its new name.</returns>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    /// <exception cref="ExperimentExistsException">Another has the new name, perhaps one that is deleted.</exception>
    public Task<Experiment> RenameExperimentAsync(string name, string newName, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        Names.RequireName(newName, nameof(newName));
        return _store.RenameExperimentAsync(name, newName, cancellationToken);
    }

    /// <summary>Sets a tag of an experiment; the last value counts.</summary>
    /// <param name="name">The experiment's name.</param>
    /// <param name="key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
    /// <param name="value">At most 8 000 characters.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    public Task SetExperimentTagAsync(string name, string key, string value, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        Names.RequireKey(key, nameof(key));
        Names.RequireValue(value, Names.MaximumTagLength, nameof(value));
        return _store.SetExperimentTagAsync(name, key, value, cancellationToken);
    }

    /// <summary>Removes a tag of an experiment.</summary>
    /// <returns>False when it has none of this key.</returns>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    public Task<bool> RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        Names.RequireKey(key, nameof(key));
        return _store.RemoveExperimentTagAsync(name, key, cancellationToken);
    }

    private static Dictionary<string, string> RequireTags(IReadOnlyDictionary<string, string>? tags, string parameter)
    {
        Dictionary<string, string> required = tags is null ? [] : new(tags, StringComparer.Ordinal);
        foreach ((string key, string value) in required)
        {
            Names.RequireKey(key, parameter);
            Names.RequireValue(value, Names.MaximumTagLength, parameter);
        }

        return required;
    }

    private static void RequireDefined(Lifecycle lifecycle, string parameter)
    {
        if (lifecycle is < Lifecycle.Active or > Lifecycle.Any)
        {
            throw new ArgumentOutOfRangeException(parameter, lifecycle, "A query looks at Active, Deleted or Any.");
        }
    }
}
