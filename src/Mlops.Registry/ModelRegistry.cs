using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// Models, their immutable versions, and the aliases that say which one is live, with everything that was ever live. Thread-safe.
/// </summary>
public sealed partial class ModelRegistry
{
    /// <summary>The longest model that is read whole into memory: 2 GiB less one byte.</summary>
    public const int MaximumModelBytes = int.MaxValue;

    private readonly RegistryStore _store;
    private readonly ArtifactCatalog _artifacts;
    private readonly TimeProvider _time;

    /// <summary>A registry in the database, with its models among the artifacts.</summary>
    public ModelRegistry(Database database, ArtifactCatalog artifacts, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(artifacts);
        _store = new RegistryStore(database);
        _artifacts = artifacts;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Registers the next version of a model, and the model with its first version.</summary>
    /// <exception cref="InvalidModelException">The bytes were said to be ONNX and do not parse; nothing was registered.</exception>
    public async Task<ModelVersion> RegisterAsync(
        string model, Stream content, RegisterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ModelReference.RequireName(model, nameof(model));
        ArgumentNullException.ThrowIfNull(content);
        options ??= new RegisterOptions();

        ArtifactUpload upload = await _artifacts.UploadAsync(content, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            if (options.Format == ModelFormat.Onnx)
            {
                await RequireOnnxAsync(model, upload.Artifact.Hash, cancellationToken).ConfigureAwait(false);
            }

            int number = await _store.RegisterAsync(
                new NewVersion(model, upload.Artifact, options.Format, Now(), options.RunId, options.Description, options.IdempotencyKey), cancellationToken).ConfigureAwait(false);
            return await GetAsync(ModelReference.To(model, number), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looks a version up by <c>model/3</c> or <c>model@alias</c>.</summary>
    /// <exception cref="FormatException">The reference is neither.</exception>
    /// <exception cref="ModelNotFoundException">There is none.</exception>
    public Task<ModelVersion> GetAsync(string reference, CancellationToken cancellationToken = default) =>
        GetAsync(ModelReference.Parse(reference), cancellationToken);

    /// <summary>Looks a version up.</summary>
    /// <exception cref="ModelNotFoundException">There is none.</exception>
    public async Task<ModelVersion> GetAsync(ModelReference reference, CancellationToken cancellationToken = default) =>
        await FindAsync(reference, cancellationToken).ConfigureAwait(false) ?? throw new ModelNotFoundException(reference);

    /// <summary>Looks a version up by <c>model/3</c> or <c>model@alias</c>; null when there is none.</summary>
    /// <exception cref="FormatException">The reference is neither.</exception>
    public Task<ModelVersion?> FindAsync(string reference, CancellationToken cancellationToken = default) =>
        FindAsync(ModelReference.Parse(reference), cancellationToken);

    /// <summary>Looks a version up; null when there is none.</summary>
    public async Task<ModelVersion?> FindAsync(ModelReference reference, CancellationToken cancellationToken = default) =>
        await _store.FindAsync(reference, cancellationToken).ConfigureAwait(false);

    /// <summary>The versions of a model by number, a page at a time.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="after">The last number of the page before; 0 for the first.</param>
    /// <param name="take">1 to 1 000.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public async Task<IReadOnlyList<ModelVersion>> ListVersionsAsync(string model, int after = 0, int take = 100, CancellationToken cancellationToken = default)
    {
        ModelReference.RequireName(model, nameof(model));
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(take, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, 1_000);
        return await _store.ListAsync(model, after, take, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a version's bytes, verified while they are read.</summary>
    public async Task<Stream> OpenAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        return await _artifacts.OpenReadAsync(version.Hash, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a version's bytes, verified before they are returned.</summary>
    public async Task<byte[]> ReadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        return await _artifacts.ReadAllBytesAsync(version.Hash, MaximumModelBytes, cancellationToken).ConfigureAwait(false);
    }

    internal async Task<OnnxModel> ReadOnnxAsync(ModelVersion version, CancellationToken cancellationToken) =>
        OnnxModel.Read(await ReadAsync(version, cancellationToken).ConfigureAwait(false));

    private async Task RequireOnnxAsync(string model, ContentHash hash, CancellationToken cancellationToken)
    {
        byte[] bytes = await _artifacts.ReadAllBytesAsync(hash, MaximumModelBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            _ = OnnxModel.Read(bytes);
        }
        catch (OnnxFormatException exception)
        {
            throw new InvalidModelException(model, exception);
        }
    }

    private long Now() => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
