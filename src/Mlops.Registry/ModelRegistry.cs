using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlops.Onnx;
using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>
/// Models, their versions, and the aliases that say which version plays which part. Bytes and history are never changed; aliases
/// are moved by compare-and-set. Everything it acknowledges survives loss of power. One per database is enough for a process;
/// thread-safe.
/// </summary>
public sealed partial class ModelRegistry : IAsyncDisposable
{
    private readonly Database _database;
    private readonly Outbox? _outbox;
    private readonly RegistryStore _store;
    private readonly ArtifactCatalog _artifacts;
    private readonly RegistryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RegistryTelemetry _telemetry;
    private readonly AliasCache? _cache;
    private readonly AliasWatches _watches;

    /// <summary>Creates a registry without a container; with one, call <c>AddMlopsRegistry</c>.</summary>
    /// <param name="database">Where versions, aliases and decisions are stored; stays open when the registry is disposed.</param>
    /// <param name="artifacts">Where the models' bytes are stored, over the same database.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="timeProvider">The clock of history; null for the system's.</param>
    /// <param name="logger">Where changes and failures are reported; null for nowhere.</param>
    /// <param name="outbox">Over the same database, for receivers that hear of what happens, such as <see cref="RegistryWebhook"/>; null for none.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ModelRegistry(
        Database database,
        ArtifactCatalog artifacts,
        RegistryOptions? options = null,
        TimeProvider? timeProvider = null,
        ILogger? logger = null,
        Outbox? outbox = null)
        : this(database, artifacts, options ?? new RegistryOptions(), timeProvider ?? TimeProvider.System, logger ?? NullLogger.Instance, outbox, meters: null)
    {
    }

    internal ModelRegistry(
        Database database, ArtifactCatalog artifacts, RegistryOptions options, TimeProvider timeProvider, ILogger logger, Outbox? outbox, IMeterFactory? meters)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(artifacts);
        RegistryOptionsValidator.Require(options);
        _database = database;
        _outbox = outbox;
        _store = new RegistryStore(database, outbox);
        _artifacts = artifacts;
        _options = options;
        _time = timeProvider;
        _logger = logger;
        _telemetry = new RegistryTelemetry(meters);
        _cache = options.CacheAliases ? new AliasCache(options.PollInterval, timeProvider) : null;
        _watches = new AliasWatches(database, _store, options.PollInterval, timeProvider, logger, Forget);
    }

    private long Now => UnixMicroseconds.From(_time.GetUtcNow());

    /// <summary>
    /// Stores a model's bytes as the next version of the model, which is created by its first. When this returns, bytes and version
    /// survive loss of power. When it throws, it has made no version, but for a <see cref="StorageException"/> with
    /// <see cref="StorageException.OutcomeUnknown"/>: the connection was lost while the database committed. Repeat the call under its
    /// idempotency key, which returns the version if it was made and makes it if not.
    /// </summary>
    /// <param name="model">1 to 256 characters without <c>/</c>, <c>:</c>, <c>@</c>, invisible ones and white space at the ends.</param>
    /// <param name="content">Read to its end and left open; at least one byte.</param>
    /// <param name="options">Run, tags, description, format, idempotency key; null for none.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="InvalidNameException">The model's name is not one.</exception>
    /// <exception cref="ArgumentException">There are no bytes, or an option is not valid.</exception>
    /// <exception cref="InvalidModelException">The bytes were said to be ONNX and are not, or are too many to be read.</exception>
    /// <exception cref="IdempotencyConflictException">The key belongs to another registration.</exception>
    /// <exception cref="VersionDeletedException">The key's version was deleted since.</exception>
    /// <exception cref="StorageException">The database or the artifact store failed.</exception>
    public Task<ModelVersion> RegisterAsync(
        string model, Stream content, RegisterOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        ArgumentNullException.ThrowIfNull(content);
        options ??= new RegisterOptions();
        if (options.Format is not (ModelFormat.Onnx or ModelFormat.Other or ModelFormat.Detect))
        {
            throw new ArgumentException($"A format is Onnx, Other or Detect, got {options.Format}.", nameof(options));
        }

        return RegisterCoreAsync(model, content, Describe(options), options.Format, [], cancellationToken);
    }

    /// <summary>Opens a version's bytes. They are verified while they are read: the read that reaches the end throws when they changed.</summary>
    /// <exception cref="ArtifactNotFoundException">The artifact store does not hold them.</exception>
    public Task<Stream> OpenAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        return _artifacts.OpenReadAsync(version.Hash, cancellationToken).AsTask();
    }

    /// <summary>Reads a version's bytes whole; they are verified before they are returned.</summary>
    /// <exception cref="ArtifactCorruptException">They are not those that were registered.</exception>
    /// <exception cref="StorageException">They are longer than an array can hold, or missing.</exception>
    public Task<byte[]> ReadAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        return _artifacts.ReadAllBytesAsync(version.Hash, Array.MaxLength, cancellationToken).AsTask();
    }

    /// <summary>Stops watching and measuring.</summary>
    public async ValueTask DisposeAsync()
    {
        await _watches.DisposeAsync().ConfigureAwait(false);
        _telemetry.Dispose();
    }

    /// <summary>What a registration says of its version, checked and taken over.</summary>
    private NewVersion Describe(RegisterOptions options)
    {
        Names.RequireText(options.Description, $"{nameof(options)}.{nameof(options.Description)}");
        Names.RequireText(options.RunId, $"{nameof(options)}.{nameof(options.RunId)}");
        Names.RequireAddress(options.Source, $"{nameof(options)}.{nameof(options.Source)}");
        Names.RequireActor(options.Actor, $"{nameof(options)}.{nameof(options.Actor)}");
        Names.RequireIdempotencyKey(options.IdempotencyKey, $"{nameof(options)}.{nameof(options.IdempotencyKey)}");
        return new NewVersion
        {
            RunId = options.RunId,
            Source = options.Source,
            Description = options.Description,
            Tags = Names.RequireTags(options.Tags, $"{nameof(options)}.{nameof(options.Tags)}"),
            Actor = options.Actor ?? _options.Actor,
            IdempotencyKey = options.IdempotencyKey,
        };
    }

    private async Task<ModelVersion> RegisterCoreAsync(
        string model, Stream content, NewVersion version, ModelFormat format, IReadOnlyList<ModelFile> files, CancellationToken cancellationToken)
    {
        using Activity? activity = RegistryTelemetry.StartRegistration(model);
        ArtifactUpload upload = await _artifacts.UploadAsync(content, cancellationToken).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            if (upload.Artifact.Length == 0)
            {
                throw new ArgumentException($"Registering a version of '{model}': the stream had no bytes left; is it at its end already?", nameof(content));
            }

            (ModelFormat found, OnnxSignature? signature) =
                await InspectAsync(model, upload.Artifact, format, cancellationToken).ConfigureAwait(false);
            version = version with
            {
                Model = model,
                Artifact = upload.Artifact,
                Format = found,
                Signature = signature,
                Files = files,
                Time = Now,
            };
            (int number, bool isNew) = await _store.RegisterAsync(version, cancellationToken).ConfigureAwait(false);
            if (!isNew)
            {
                return await GetVersionAsync(model, number, cancellationToken).ConfigureAwait(false);
            }

            // From what was written: once it is stored, nothing that fails may hide it from the caller.
            ModelVersion registered = version.ToVersion(number);
            Changed();
            _telemetry.Registered(activity, registered);
            return registered;
        }
    }

    private async ValueTask<(ModelFormat Format, OnnxSignature? Signature)> InspectAsync(
        string model, StoredArtifact artifact, ModelFormat format, CancellationToken cancellationToken)
    {
        if (format is not (ModelFormat.Onnx or ModelFormat.Detect))
        {
            return (format, null);
        }

        if (artifact.Length > _options.MaximumSignatureBytes)
        {
            return format == ModelFormat.Detect
                ? (ModelFormat.Other, null)
                : throw new InvalidModelException(
                    model,
                    $"it has {artifact.Length} bytes, and models are read up to {nameof(RegistryOptions)}.{nameof(RegistryOptions.MaximumSignatureBytes)} = {_options.MaximumSignatureBytes}.");
        }

        byte[] bytes = await _artifacts.ReadAllBytesAsync(artifact.Hash, _options.MaximumSignatureBytes, cancellationToken).ConfigureAwait(false);
        try
        {
            return (ModelFormat.Onnx, OnnxModel.Read(bytes).Signature);
        }
        catch (OnnxFormatException exception)
        {
            return format == ModelFormat.Detect
                ? (ModelFormat.Other, null)
                : throw new InvalidModelException(model, $"the bytes are no ONNX model ({exception.Message}).", exception);
        }
    }
}
