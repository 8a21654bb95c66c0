using Mlops.Storage;

namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    private const int MaximumTake = 1_000;

    /// <summary>Reads the version that <c>model/number</c> or <c>model@alias</c> means.</summary>
    /// <exception cref="FormatException">The text is no reference.</exception>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">The model has no version of this number.</exception>
    /// <exception cref="AliasNotFoundException">The alias points to no version.</exception>
    public Task<ModelVersion> GetAsync(string reference, CancellationToken cancellationToken = default) =>
        GetAsync(ModelReference.Parse(reference), cancellationToken);

    /// <inheritdoc cref="GetAsync(string, CancellationToken)"/>
    public Task<ModelVersion> GetAsync(ModelReference reference, CancellationToken cancellationToken = default)
    {
        RequireReference(reference);
        return GetCoreAsync(reference, cancellationToken);
    }

    /// <summary>Reads the version that <c>model/number</c> or <c>model@alias</c> means; null when there is none.</summary>
    /// <exception cref="FormatException">The text is no reference.</exception>
    public Task<ModelVersion?> FindAsync(string reference, CancellationToken cancellationToken = default) =>
        FindAsync(ModelReference.Parse(reference), cancellationToken);

    /// <inheritdoc cref="FindAsync(string, CancellationToken)"/>
    public Task<ModelVersion?> FindAsync(ModelReference reference, CancellationToken cancellationToken = default)
    {
        RequireReference(reference);
        return FindCoreAsync(reference, cancellationToken);
    }

    /// <summary>
    /// The version that the alias pointed to at that moment, by the time of its history; null when it pointed to none, or to one that was
    /// deleted since, whose number <see cref="GetHistoryAsync"/> says.
    /// </summary>
    public Task<ModelVersion?> FindLiveAtAsync(string model, string alias, DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        return _store.FindLiveAtAsync(model, alias, UnixMicroseconds.From(time), cancellationToken).AsTask();
    }

    /// <summary>Every change of the alias, the earliest first; empty when it was never set. A deleted model's can still be read.</summary>
    public async Task<IReadOnlyList<AliasChange>> GetHistoryAsync(string model, string alias, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireAlias(alias, nameof(alias));
        return await _store.ReadHistoryAsync(model, alias, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists versions of a model, the newest first; empty when there is no such model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="take">At most so many, 1 to 1 000.</param>
    /// <param name="before">Only versions of smaller numbers: the last number of the page before; null for the first page.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(
        string model, int take = 100, int? before = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        RequireTake(take);
        return await _store.ListVersionsAsync(model, take, before ?? long.MaxValue, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The versions that were registered with this run's id, the earliest first.</summary>
    public async Task<IReadOnlyList<ModelVersion>> ListVersionsOfRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(runId);
        return await _store.ListVersionsOfRunAsync(runId, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest version in each stage that has one, <see cref="ModelStage.None"/> first.</summary>
    /// <param name="model">The model.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public async Task<IReadOnlyList<ModelVersion>> ListLatestVersionsAsync(string model, CancellationToken cancellationToken = default)
    {
        await GetModelAsync(model, cancellationToken).ConfigureAwait(false);
        return await _store.ListLatestVersionsAsync([model], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The newest version in each stage of several models, in one reading: by the model's name, then <see cref="ModelStage.None"/> first.</summary>
    /// <param name="models">At most 1 000; those that do not exist have none.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public Task<IReadOnlyList<ModelVersion>> ListLatestVersionsAsync(IReadOnlyCollection<string> models, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count > MaximumTake)
        {
            throw new ArgumentException($"At most {MaximumTake} models are looked at, got {models.Count}.", nameof(models));
        }

        foreach (string model in models)
        {
            Names.RequireModel(model, nameof(models));
        }

        return ListAsync([.. models]);

        async Task<IReadOnlyList<ModelVersion>> ListAsync(string[] names) =>
            names.Length == 0 ? [] : await _store.ListLatestVersionsAsync(names, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lists versions of all models, page by page.</summary>
    /// <exception cref="FilterException">The filter or the order is none; says where.</exception>
    /// <exception cref="ArgumentException">The query's take or position is not valid.</exception>
    public Task<VersionPage> ListVersionsAsync(VersionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        RequireTake(query.Take);
        return _store.ListVersionsAsync(RegistryQuery.Of(query, nameof(query)), cancellationToken).AsTask();
    }

    /// <summary>Lists models, page by page.</summary>
    /// <param name="query">Which and in what order; null for the first hundred by name.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="FilterException">The filter or the order is none; says where.</exception>
    /// <exception cref="ArgumentException">The query's take or position is not valid.</exception>
    public Task<ModelPage> ListModelsAsync(ModelQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new ModelQuery();
        RequireTake(query.Take);
        return _store.ListModelsAsync(RegistryQuery.Of(query, nameof(query)), cancellationToken).AsTask();
    }

    private async Task<ModelVersion> GetCoreAsync(ModelReference reference, CancellationToken cancellationToken)
    {
        if (await FindCoreAsync(reference, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        if (!await _store.ModelExistsAsync(reference.Model, cancellationToken).ConfigureAwait(false))
        {
            throw new ModelNotFoundException(reference.Model);
        }

        throw reference.Number is { } number
            ? new VersionNotFoundException(reference.Model, number)
            : new AliasNotFoundException(reference.Model, reference.Alias!);
    }

    private async Task<ModelVersion?> FindCoreAsync(ModelReference reference, CancellationToken cancellationToken)
    {
        if (reference.Number is { } number)
        {
            return await _store.FindVersionAsync(reference.Model, number, cancellationToken).ConfigureAwait(false);
        }

        string alias = reference.Alias!;
        if (_cache is null || !_cache.TryGet(reference.Model, alias, out ModelVersion? version, out AliasPosition position))
        {
            AliasCache.Reading? reading = _cache?.Begin();
            (version, position) = await _store.FindByAliasAsync(reference.Model, alias, cancellationToken).ConfigureAwait(false);
            if (version is not null && reading is { } begun)
            {
                _cache!.Add(begun, version, alias, position);
            }
        }

        _watches.Observe(reference.Model, alias, position);
        return version;
    }

    private Task<ModelVersion> GetVersionAsync(string model, int number, CancellationToken cancellationToken) =>
        GetCoreAsync(ModelReference.ToVersion(model, number), cancellationToken);

    private static void RequireReference(ModelReference reference)
    {
        if (reference.Model is null)
        {
            throw new ArgumentException("The reference is empty; make one with Parse, ToVersion or ToAlias.", nameof(reference));
        }
    }

    private static void RequireTake(int take)
    {
        if (take is < 1 or > MaximumTake)
        {
            throw new ArgumentOutOfRangeException(nameof(take), take, $"A page has 1 to {MaximumTake} entries.");
        }
    }
}
