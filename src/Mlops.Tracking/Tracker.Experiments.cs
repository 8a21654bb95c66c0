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
        return CreateExperimentCoreAsync(name, SortedTags(options?.Tags, nameof(options)), cancellationToken);
    }

    /// <summary>Reads an experiment, also one that is deleted; null when there is none of this name.</summary>
    public Task<Experiment?> FindExperimentAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        return DescribeExperimentAsync(_store.FindExperimentAsync(name, cancellationToken), cancellationToken);
    }

    /// <summary>Reads an experiment, also one that is deleted; null when there is none of this id.</summary>
    public Task<Experiment?> FindExperimentAsync(long id, CancellationToken cancellationToken = default) =>
        DescribeExperimentAsync(_store.FindExperimentAsync(id, cancellationToken), cancellationToken);

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
        Filter? filter = query.Filter is null ? null : Filter.Parse(query.Filter, ExperimentFields.All);
        Ordering order = Ordering.Parse(query.Order, ExperimentFields.All, ExperimentFields.Ending);
        OrderPosition? after = query.After is null ? null : order.ParsePosition(query.After, nameof(query));
        return ListExperimentsCoreAsync(filter, order, query.Lifecycle, query.Take, after, cancellationToken);
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
        return RenameExperimentCoreAsync(name, newName, cancellationToken);
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
        return _store.SetExperimentTagAsync(name, key, value, _environment.Now, cancellationToken);
    }

    /// <summary>Removes a tag of an experiment.</summary>
    /// <returns>False when it has none of this key.</returns>
    /// <exception cref="ExperimentNotFoundException">There is none of this name.</exception>
    /// <exception cref="ExperimentDeletedException">It is deleted.</exception>
    public Task<bool> RemoveExperimentTagAsync(string name, string key, CancellationToken cancellationToken = default)
    {
        Names.RequireName(name, nameof(name));
        Names.RequireKey(key, nameof(key));
        return _store.RemoveExperimentTagAsync(name, key, _environment.Now, cancellationToken);
    }

    private static KeyValuePair<string, string>[] SortedTags(IReadOnlyDictionary<string, string>? tags, string parameter)
    {
        KeyValuePair<string, string>[] sorted = Sorted(tags);
        foreach ((string key, string value) in sorted)
        {
            Names.RequireKey(key, parameter);
            Names.RequireValue(value, Names.MaximumTagLength, parameter);
        }

        return sorted;
    }

    /// <summary>A copy in one order, so that two writes of the same keys do not wait for each other.</summary>
    private static KeyValuePair<string, string>[] Sorted(IReadOnlyDictionary<string, string>? pairs) =>
        pairs is null ? [] : [.. pairs.OrderBy(static pair => pair.Key, StringComparer.Ordinal)];

    private static void RequireDefined(Lifecycle lifecycle, string parameter)
    {
        if (lifecycle is < Lifecycle.Active or > Lifecycle.Any)
        {
            throw new ArgumentOutOfRangeException(parameter, lifecycle, "A query looks at Active, Deleted or Any.");
        }
    }

    private async Task<Experiment> CreateExperimentCoreAsync(string name, KeyValuePair<string, string>[] tags, CancellationToken cancellationToken)
    {
        long id = await _store.CreateExperimentAsync(name, tags, _environment.Now, cancellationToken).ConfigureAwait(false);
        return await GetExperimentAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Experiment> RenameExperimentCoreAsync(string name, string newName, CancellationToken cancellationToken)
    {
        long id = await _store.RenameExperimentAsync(name, newName, _environment.Now, cancellationToken).ConfigureAwait(false);
        return await GetExperimentAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Experiment?> DescribeExperimentAsync(ValueTask<ExperimentRow?> finding, CancellationToken cancellationToken)
    {
        if (await finding.ConfigureAwait(false) is not { } row)
        {
            return null;
        }

        List<Experiment> described = await _store.DescribeAsync([row], cancellationToken).ConfigureAwait(false);
        return described[0];
    }

    private async Task<ExperimentPage> ListExperimentsCoreAsync(
        Filter? filter, Ordering order, Lifecycle lifecycle, int take, OrderPosition? after, CancellationToken cancellationToken)
    {
        List<(ExperimentRow Row, OrderPosition Position)> rows =
            await _store.ListExperimentsAsync(filter, order, lifecycle, take, after, cancellationToken).ConfigureAwait(false);
        OrderPosition? next = null;
        if (rows.Count > take)
        {
            rows.RemoveAt(take);
            next = rows[^1].Position;
        }

        List<Experiment> experiments = await _store.DescribeAsync(rows.ConvertAll(static row => row.Row), cancellationToken).ConfigureAwait(false);
        return new ExperimentPage(experiments, next?.ToString());
    }
}
