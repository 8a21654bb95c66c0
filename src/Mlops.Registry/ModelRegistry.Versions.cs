namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    /// <summary>Says what people should know of a version, in place of what was said before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="number">The version's number.</param>
    /// <param name="description">At most 8 000 characters; null for nothing.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<ModelVersion> DescribeVersionAsync(string model, int number, string? description, CancellationToken cancellationToken = default)
    {
        RequireVersion(model, number);
        Names.RequireText(description, nameof(description));
        return DescribeAsync();

        async Task<ModelVersion> DescribeAsync()
        {
            await _store.DescribeVersionAsync(ToChange(model, number), description, cancellationToken).ConfigureAwait(false);
            Changed();
            return await GetVersionAsync(model, number, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives a version a tag, in place of the value it had.</summary>
    /// <param name="model">The model.</param>
    /// <param name="number">The version's number.</param>
    /// <param name="key">1 to 250 characters.</param>
    /// <param name="value">At most 8 000 characters.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task SetVersionTagAsync(string model, int number, string key, string value, CancellationToken cancellationToken = default)
    {
        RequireVersion(model, number);
        Names.RequireTag(key, value, nameof(key));
        return SetAsync();

        async Task SetAsync()
        {
            await _store.SetVersionTagAsync(ToChange(model, number), key, value, cancellationToken).ConfigureAwait(false);
            Changed();
        }
    }

    /// <summary>Takes a tag from a version; false when it had none of that key.</summary>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task<bool> RemoveVersionTagAsync(string model, int number, string key, CancellationToken cancellationToken = default)
    {
        RequireVersion(model, number);
        ArgumentException.ThrowIfNullOrEmpty(key);
        return RemoveAsync();

        async Task<bool> RemoveAsync()
        {
            bool removed = await _store.RemoveVersionTagAsync(ToChange(model, number), key, cancellationToken).ConfigureAwait(false);
            Changed();
            return removed;
        }
    }

    /// <summary>
    /// Deletes a version: it is found no more, its number is never used again, its artifacts are released to the next garbage collection, and
    /// the aliases that point to it are removed by entries of their history. Of a deletion and a change of an alias at the same time, the one
    /// that comes second sees the first. What stays: its number in history, decisions and approvals.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="number">The version's number.</param>
    /// <param name="options">Why and who, for the history of the aliases; null for none.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    public Task DeleteVersionAsync(string model, int number, DeletionOptions? options = null, CancellationToken cancellationToken = default)
    {
        RequireVersion(model, number);
        Change change = ToChange(model, number, options);
        return DeleteAsync();

        async Task DeleteAsync()
        {
            List<MovedAlias> removed = await _store.DeleteVersionAsync(change, cancellationToken).ConfigureAwait(false);
            _logger.VersionDeleted(model, number, change.Actor);
            Report(removed);
        }
    }

    /// <summary>Gives a version a stage. Aliases are the better way: they have a history, conditions and promotions.</summary>
    /// <param name="model">The model.</param>
    /// <param name="number">The version's number.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="archiveExisting">Whether the versions that have the stage now are archived; only for Staging and Production.</param>
    /// <param name="actor">Who does it, for those who hear of it; null for <see cref="RegistryOptions.Actor"/>.</param>
    /// <param name="cancellationToken">Withdraws the write while it waits.</param>
    /// <exception cref="ModelNotFoundException">There is no such model.</exception>
    /// <exception cref="VersionNotFoundException">There is no such version.</exception>
    /// <exception cref="ArgumentException">There is no such stage, or versions of that stage cannot be archived.</exception>
    public Task<ModelVersion> TransitionStageAsync(
        string model, int number, ModelStage stage, bool archiveExisting = false, string? actor = null, CancellationToken cancellationToken = default)
    {
        RequireVersion(model, number);
        if (stage is < ModelStage.None or > ModelStage.Archived)
        {
            throw new ArgumentOutOfRangeException(nameof(stage), stage, "A stage is None, Staging, Production or Archived.");
        }

        if (archiveExisting && stage is not (ModelStage.Staging or ModelStage.Production))
        {
            throw new ArgumentException($"Others are archived when a version goes to Staging or Production, not to {stage}.", nameof(archiveExisting));
        }

        Change change = ToChange(model, number, actor, reason: null);
        return TransitionAsync();

        async Task<ModelVersion> TransitionAsync()
        {
            await _store.TransitionStageAsync(change, stage, archiveExisting, cancellationToken).ConfigureAwait(false);
            Changed();
            return await GetVersionAsync(model, number, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void RequireVersion(string model, int number)
    {
        Names.RequireModel(model, nameof(model));
        Names.RequireVersion(number, nameof(number));
    }
}
