using Microsoft.Extensions.Primitives;
using Mlops.Registry;
using Mlops.Serving;

namespace Mlops;

/// <summary>Delivers the version that a registry reference names: an alias that moves, or one fixed version.</summary>
public sealed class RegistryModelSource : IModelSource
{
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
        if (version?.Format is ModelFormat.Folder or ModelFormat.Reference)
        {
            throw new ModelLoadException(
                model, ModelLoadFailure.Unsupported, $"version {version.Number} is a {version.Format}; what is served is one file, registered with its bytes.");
        }

        if (version?.Length > maximumBytes)
        {
            throw new ModelLoadException(
                model, ModelLoadFailure.TooLarge, $"version {version.Number} has {version.Length} bytes, {nameof(ModelOptions.MaximumModelBytes)} is {maximumBytes}.");
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
}
