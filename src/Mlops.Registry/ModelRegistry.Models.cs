namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>
    /// Creates a model without versions; registering the first version does so too. A deleted model of that name is created anew and goes on
    /// numbering, so that <c>ridership/3</c> never means other bytes.
    /// </summary>
    /// <param name="name">1 to 256 characters without <c>/</c>, <c>:</c>, <c>@</c>, invisible ones and white space at the ends.</param>
    /// <param name="options">Description, tags, actor; null for none.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="InvalidNameException">The name is not one.</exception>
    /// <exception cref="ModelExistsException">There is one of that name.</exception>
    public Task<RegisteredModel> CreateModelAsync(string name, CreateModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        options ??= new CreateModelOptions();
        Names.RequireText(options.Description, $"{nameof(options)}.{nameof(options.Description)}");
        Names.RequireActor(options.Actor, $"{nameof(options)}.{nameof(options.Actor)}");
        return CreateAsync(new NewModel(
            name, options.Description, Names.RequireTags(options.Tags, $"{nameof(options)}.{nameof(options.Tags)}"), options.Actor ?? _options.Actor, Now));

        async Task<RegisteredModel> CreateAsync(NewModel model)
        {
            await _store.CreateModelAsync(model, cancellationToken).ConfigureAwait(false);
            Changed();
            return await GetModelAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads a model; null when there is none of that name.</summary>
    public Task<RegisteredModel?> FindModelAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        return _store.FindModelAsync(name, cancellationToken).AsTask();
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="ModelNotFoundException">There is none of that name.</exception>
    public Task<RegisteredModel> GetModelAsync(string name, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        return GetAsync();

        async Task<RegisteredModel> GetAsync() =>
            await _store.FindModelAsync(name, cancellationToken).ConfigureAwait(false) ?? throw new ModelNotFoundException(name);
    }

    /// <summary>Says what people should know of a model, in place of what was said before.</summary>
    /// <param name="name">The model.</param>
    /// <param name="description">At most 8 000 characters; null for nothing.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task<RegisteredModel> DescribeModelAsync(string name, string? description, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        Names.RequireText(description, nameof(description));
        return DescribeAsync();

        async Task<RegisteredModel> DescribeAsync()
        {
            await _store.DescribeModelAsync(ToChange(name), description, cancellationToken).ConfigureAwait(false);
            return await GetModelAsync(name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Gives a model another name. Versions, aliases, their history, decisions, approvals and bytes stay with it; references by the old name
    /// find nothing any more.
    /// </summary>
    /// <param name="name">The model.</param>
    /// <param name="newName">1 to 256 characters without <c>/</c>, <c>:</c>, <c>@</c>, invisible ones and white space at the ends.</param>
    /// <param name="actor">Who renames it, for those who hear of it; null for <see cref="RegistryOptions.Actor"/>.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="ModelExistsException">The new name is taken, or belonged to a deleted model.</exception>
    public Task<RegisteredModel> RenameModelAsync(string name, string newName, string? actor = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        Names.RequireModel(newName, nameof(newName));
        Change change = ToChange(name, 0, actor, reason: null);
        return RenameAsync();

        async Task<RegisteredModel> RenameAsync()
        {
            await _store.RenameModelAsync(change, newName, cancellationToken).ConfigureAwait(false);
            Changed();
            return await GetModelAsync(newName, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Deletes a model: its versions, tags and aliases are found no more, and their artifacts are released to the next garbage collection. What
    /// stays for auditors, under the same name: the history of its aliases, with an entry for each that was removed
    /// (<see cref="GetHistoryAsync"/>), the decisions (<see cref="ListDecisionsAsync"/>) and the approvals (<see cref="ListApprovalsAsync"/>).
    /// Of a deletion and a change of an alias at the same time, the one that comes second sees the first.
    /// </summary>
    /// <param name="name">The model.</param>
    /// <param name="options">Why and who, for the history of its aliases; null for none.</param>
    /// <param name="cancellationToken">
    /// Withdraws the write while it waits. Afterwards the model is gone, and what its versions hold is released by this call, whatever
    /// becomes of the caller, or, where that fails, by the next deletion of a model.
    /// </param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task DeleteModelAsync(string name, DeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        Change change = ToChange(name, options);
        return DeleteAsync();

        async Task DeleteAsync()
        {
            List<MovedAlias> removed = await _store.DeleteModelAsync(change, cancellationToken).ConfigureAwait(false);
            _logger.ModelDeleted(name, change.Actor);
            Report(removed);

            try
            {
                // The model is gone: whoever waited for that may go, but not what is left of it stay.
                await _store.SweepAsync(change.Time, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // It is deleted all the same, and a repetition would find none of that name.
                _logger.ReleaseFailed(exception, name);
            }
        }
    }

    /// <summary>Gives a model a tag, in place of the value it had.</summary>
    /// <param name="name">The model.</param>
    /// <param name="key">1 to 250 characters.</param>
    /// <param name="value">At most 8 000 characters.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task SetModelTagAsync(string name, string key, string value, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        Names.RequireTag(key, value, nameof(key));
        return _store.SetModelTagAsync(ToChange(name), key, value, cancellationToken);
    }

    /// <summary>Takes a tag from a model; false when it had none of that key.</summary>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    public Task<bool> RemoveModelTagAsync(string name, string key, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(name, nameof(name));
        ArgumentException.ThrowIfNullOrEmpty(key);
        return _store.RemoveModelTagAsync(ToChange(name), key, cancellationToken);
    }

    private Change ToChange(string model, DeletionOptions? options = null) => ToChange(model, 0, options);

    private Change ToChange(string model, int number, DeletionOptions? options = null) => ToChange(model, number, options?.Actor, options?.Reason);

    private Change ToChange(string model, int number, string? actor, string? reason)
    {
        Names.RequireActor(actor, nameof(actor));
        Names.RequireText(reason, nameof(reason));
        return new Change(model, number, actor ?? _options.Actor, reason, Now);
    }

    private void Report(List<MovedAlias> changes)
    {
        Changed();
        foreach (MovedAlias moved in changes)
        {
            Report(moved);
        }
    }
}
