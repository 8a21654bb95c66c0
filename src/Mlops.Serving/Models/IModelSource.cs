using Microsoft.Extensions.Primitives;

namespace Mlops.Serving;

/// <summary>Where the versions of a model come from: a file, a registry alias, a store of the user's own. Thread-safe.</summary>
public interface IModelSource
{
    /// <summary>
    /// Delivers the version that should serve now; <c>null</c> when there is none yet. An exception counts as a failed load and
    /// leaves the version that serves where it is.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="maximumBytes"><see cref="ModelOptions.MaximumModelBytes"/>: a longer file is refused anyway, so a source that knows the length need not read it.</param>
    /// <param name="cancellationToken">Cancels the load.</param>
    /// <remarks>
    /// While it throws, the source is asked again: after a second, then after twice as long each time, up to a minute. Throw a
    /// <see cref="ModelLoadException"/> with another reason than <see cref="ModelLoadFailure.SourceFailed"/> for what waiting does not mend.
    /// </remarks>
    ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default);

    /// <summary>
    /// A token that fires when another version may be due, asked for again each time it has fired; <c>null</c> (the default)
    /// when the source does not notice changes, so that only <see cref="ServedModel.ReloadAsync"/> loads. Firing too often is
    /// harmless: an unchanged version is not loaded again.
    /// </summary>
    IChangeToken? Watch(string model) => null;
}
