using System.Text;
using Mlops.Storage;

namespace Mlops.Registry;

public sealed partial class ModelRegistry
{
    private const int MaximumFiles = 10_000;

    /// <summary>
    /// Registers several files as the next version of the model. Their bytes are stored already, for example as artifacts of a run; the
    /// version's own are a manifest of them, whose hash therefore covers every file. A garbage collection keeps them as long as the version.
    /// </summary>
    /// <param name="model">The model; created by its first version.</param>
    /// <param name="files">1 to 10 000, in any order, each name once and none of them the folder of another.</param>
    /// <param name="options">Run, source, tags, description, idempotency key; null for none.</param>
    /// <param name="cancellationToken">Stops the upload of the manifest.</param>
    /// <exception cref="InvalidNameException">The model's name is not one.</exception>
    /// <exception cref="ArgumentException">A name follows no <see cref="ArtifactName"/> or comes twice, a length is not the artifact's, or an option is not valid.</exception>
    /// <exception cref="ArtifactNotFoundException">A file is not stored.</exception>
    /// <exception cref="IdempotencyConflictException">The key belongs to another registration.</exception>
    /// <exception cref="VersionDeletedException">The key's version was deleted since.</exception>
    public Task<ModelVersion> RegisterFilesAsync(
        string model, IReadOnlyList<ModelFile> files, RegisterOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        ArgumentNullException.ThrowIfNull(files);
        if (files.Count is 0 or > MaximumFiles)
        {
            throw new ArgumentException($"A version has 1 to {MaximumFiles} files, got {files.Count}.", nameof(files));
        }

        byte[] manifest = ModelManifest.Write(files, nameof(files));
        return RegisterCoreAsync(model, new MemoryStream(manifest), Describe(options ?? new RegisterOptions()), ModelFormat.Folder, files, cancellationToken);
    }

    /// <summary>
    /// Registers a model that is kept elsewhere as the next version: the version's bytes are the address in UTF-8. Nothing is ever fetched
    /// from it, and nothing says whether what is there has changed.
    /// </summary>
    /// <param name="model">The model; created by its first version.</param>
    /// <param name="uri">1 to 8 000 characters, without a password, and on the web without a user. Becomes <see cref="ModelVersion.Source"/> unless the options name another.</param>
    /// <param name="options">Run, source, tags, description, idempotency key; null for none.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <exception cref="InvalidNameException">The model's name is not one.</exception>
    /// <exception cref="ArgumentException">The address is empty, too long or carries a password or, on the web, a user, or an option is not valid.</exception>
    /// <exception cref="IdempotencyConflictException">The key belongs to another registration.</exception>
    /// <exception cref="VersionDeletedException">The key's version was deleted since.</exception>
    public Task<ModelVersion> RegisterReferenceAsync(
        string model, string uri, RegisterOptions? options = null, CancellationToken cancellationToken = default)
    {
        Names.RequireModel(model, nameof(model));
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        Names.RequireAddress(uri, nameof(uri));
        NewVersion version = Describe(options ?? new RegisterOptions());
        return RegisterCoreAsync(
            model, new MemoryStream(Encoding.UTF8.GetBytes(uri)), version with { Source = version.Source ?? uri }, ModelFormat.Reference, [], cancellationToken);
    }

    /// <summary>The files of a version that is a folder, by the order of their names. The manifest is verified before it is read.</summary>
    /// <exception cref="ArgumentException">The version is no <see cref="ModelFormat.Folder"/>.</exception>
    /// <exception cref="ArtifactCorruptException">The manifest is not what was registered.</exception>
    /// <exception cref="StorageException">The manifest is missing.</exception>
    public Task<IReadOnlyList<ModelFile>> ReadFilesAsync(ModelVersion version, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        if (version.Format != ModelFormat.Folder)
        {
            throw new ArgumentException($"'{version.Reference}' is {version.Format}, not a folder; read it with {nameof(ReadAsync)}.", nameof(version));
        }

        return ReadAsync();

        async Task<IReadOnlyList<ModelFile>> ReadAsync() => ModelManifest.Read(
            await _artifacts.ReadAllBytesAsync(version.Hash, Array.MaxLength, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Opens one file of a version that is a folder. It is verified while it is read: the read that reaches the end throws when it changed.</summary>
    /// <param name="version">The version.</param>
    /// <param name="name">The file's name in the manifest.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="ModelFileNotFoundException">The version has no such file.</exception>
    /// <exception cref="ArgumentException">The version is no <see cref="ModelFormat.Folder"/>.</exception>
    /// <exception cref="ArtifactCorruptException">The manifest is not what was registered.</exception>
    /// <exception cref="ArtifactNotFoundException">The artifact store does not hold the file.</exception>
    public Task<Stream> OpenFileAsync(ModelVersion version, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(version);
        ArgumentException.ThrowIfNullOrEmpty(name);
        Task<IReadOnlyList<ModelFile>> reading = ReadFilesAsync(version, cancellationToken);
        return OpenAsync();

        async Task<Stream> OpenAsync()
        {
            IReadOnlyList<ModelFile> files = await reading.ConfigureAwait(false);
            ModelFile file = files.FirstOrDefault(file => file.Name == name) ?? throw new ModelFileNotFoundException(version.Model, version.Number, name);
            return await _artifacts.OpenReadAsync(file.Hash, cancellationToken).ConfigureAwait(false);
        }
    }
}
