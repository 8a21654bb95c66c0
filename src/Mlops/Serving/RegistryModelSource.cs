using Microsoft.Extensions.Primitives;
using Mlops.Registry;
using Mlops.Serving;

namespace Mlops;

/// <summary>
/// Delivers the version that a registry reference names: an alias that moves, or one fixed version. As the source of the version that serves, it moves the
/// alias to a candidate that is promoted, and back if that is rolled back, each time only from where the rollout has seen it.
/// </summary>
public sealed class RegistryModelSource : IModelSource, IRolloutTarget
{
    private const string ModelFileName = "model.onnx";
    private const string Actor = "rollout";
    private const string GoldenFileName = "golden.json";
    private readonly ModelRegistry _registry;
    private readonly ModelReference _reference;

    /// <summary>Follows <c>model@alias</c>, or serves <c>model/3</c> for good.</summary>
    /// <exception cref="FormatException">The reference is neither.</exception>
    public RegistryModelSource(ModelRegistry registry, string reference)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _registry = registry;
        _reference = ModelReference.Parse(reference);
    }

    /// <inheritdoc/>
    public async ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        ModelVersion? version = await _registry.FindAsync(_reference, cancellationToken).ConfigureAwait(false);
        if (version?.Format is ModelFormat.Reference)
        {
            throw new ModelLoadException(
                model, ModelLoadFailure.Unsupported, $"version {version.Number} is a {version.Format}; what is served is registered with its bytes.");
        }

        if (version?.Format is ModelFormat.Folder)
        {
            return await LoadFolderAsync(model, version, maximumBytes, cancellationToken).ConfigureAwait(false);
        }

        if (version?.Length > maximumBytes)
        {
            throw TooLarge(model, version, version.Length, maximumBytes);
        }

        return version is null
            ? null
            : new ModelPackage
            {
                Content = await _registry.ReadAsync(version, cancellationToken).ConfigureAwait(false),
                Version = version.Number,
                ExpectedDigest = version.Hash.ToString(),
            };
    }

    /// <inheritdoc/>
    public IChangeToken? Watch(string model) => _reference.Alias is { } alias ? _registry.WatchAlias(_reference.Model, alias) : null;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The candidate is no version of the same registered model.</exception>
    public async ValueTask PromoteAsync(RolloutRecord rollout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rollout);
        int number = checked((int)rollout.Version);
        ModelVersion? version = await _registry.FindAsync(ModelReference.ToVersion(_reference.Model, number), cancellationToken).ConfigureAwait(false);
        if (version is null || (version.Format is not ModelFormat.Folder && !rollout.Digest.Equals(version.Hash.ToString(), StringComparison.OrdinalIgnoreCase)))
        {
            throw new InvalidOperationException(
                $"Version {number} that was promoted is no version of '{_reference.Model}' in the registry, so '{_reference}' cannot name it. Register it there, and let the candidate come from there.");
        }

        await MoveAsync(rollout, from: checked((int)rollout.StableVersion), to: number, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask RollbackAsync(RolloutRecord rollout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rollout);
        if (rollout.PromotedAt is not null)
        {
            await MoveAsync(rollout, from: checked((int)rollout.Version), to: checked((int)rollout.StableVersion), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task MoveAsync(RolloutRecord rollout, int from, int to, CancellationToken cancellationToken)
    {
        if (_reference.Alias is not { } alias)
        {
            return;
        }

        try
        {
            var options = new AliasChangeOptions { Actor = Actor, Reason = rollout.Reason };
            await _registry.SetAliasAsync(_reference.Model, alias, to, from, options, cancellationToken).ConfigureAwait(false);
        }
        catch (AliasConflictException)
        {
            // It is there already, or somebody has moved it on since: what they chose is newer than this rollout.
        }
    }

    /// <summary>A folder with <c>model.onnx</c>, golden samples if it likes, and the files that the model reads.</summary>
    private async Task<ModelPackage> LoadFolderAsync(string model, ModelVersion version, long maximumBytes, CancellationToken cancellationToken)
    {
        IReadOnlyList<ModelFile> files = await _registry.ReadFilesAsync(version, cancellationToken).ConfigureAwait(false);
        ModelFile content = files.FirstOrDefault(static file => file.Name == ModelFileName)
            ?? throw new ModelLoadException(
                model, ModelLoadFailure.Unsupported, $"version {version.Number} is a folder without '{ModelFileName}', the file that is served.");
        long length = files.Sum(static file => file.Length);
        if (length > maximumBytes)
        {
            throw TooLarge(model, version, length, maximumBytes);
        }

        ModelFile? golden = files.FirstOrDefault(static file => file.Name == GoldenFileName);
        return new ModelPackage
        {
            Content = await ReadAsync(version, content, cancellationToken).ConfigureAwait(false),
            Version = version.Number,
            ExpectedDigest = content.Hash.ToString(),
            GoldenSamples = golden is null ? null : await ReadAsync(version, golden, cancellationToken).ConfigureAwait(false),
            Files =
            [
                .. files.Where(file => file != content && file != golden).Select(file => new ModelPackageFile(
                    file.Name, file.Length, file.Hash.ToString(), async token => await _registry.OpenFileAsync(version, file.Name, token).ConfigureAwait(false))),
            ],
        };
    }

    private async Task<byte[]> ReadAsync(ModelVersion version, ModelFile file, CancellationToken cancellationToken)
    {
        using Stream stream = await _registry.OpenFileAsync(version, file.Name, cancellationToken).ConfigureAwait(false);
        using var bytes = new MemoryStream(checked((int)file.Length));
        await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    private static ModelLoadException TooLarge(string model, ModelVersion version, long length, long maximumBytes) => new(
        model, ModelLoadFailure.TooLarge, $"version {version.Number} has {length} bytes, {nameof(ModelOptions.MaximumModelBytes)} is {maximumBytes}.");
}
