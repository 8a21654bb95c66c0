using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mlops.Serving;

/// <summary>
/// The list of everything that a folder of models offers, each file with its SHA-256. A folder that has one is followed: what the manifest
/// does not list is not loaded, and a file that is not the one listed (half copied, for example) is not loaded either.
/// </summary>
public static class ModelFolderManifest
{
    /// <summary>Name of the manifest's file, in the root of the folder.</summary>
    public const string FileName = "mlops-models.json";
    private const int Format = 1;
    private const long MaximumBytes = 16 << 20;

    /// <summary>
    /// Lists what the folder holds now and puts the list in the place of the one before, in one step for whoever reads it: call it after new
    /// versions have been copied in. Hashes every file of every version. Links are left out.
    /// </summary>
    /// <param name="folder">The folder, laid out as <c>MODEL/VERSION/model.onnx</c>.</param>
    /// <param name="cancellationToken">Cancels; the manifest before stays.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">A file cannot be read, or the manifest cannot be written.</exception>
    public static Task WriteAsync(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return WriteCoreAsync(Path.GetFullPath(folder), cancellationToken);
    }

    /// <summary>The manifest of a folder as bytes; <c>null</c> when it has none.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long.</exception>
    internal static async Task<byte[]?> ReadBytesAsync(string root, CancellationToken cancellationToken)
    {
        var file = new FileInfo(Path.Combine(root, FileName));
        if (!file.Exists)
            return null;
        if (file.Length > MaximumBytes)
            throw new IOException($"'{FileName}' has {file.Length} bytes, more than the {MaximumBytes} that are read.");
        try
        {
            return await File.ReadAllBytesAsync(file.FullName, cancellationToken).ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <exception cref="InvalidDataException">It is not a manifest, or lists a name or path that leads out of the folder.</exception>
    internal static IReadOnlyList<ListedModel> Parse(ReadOnlySpan<byte> bytes)
    {
        ManifestDocument document;
        try
        {
            document = JsonSerializer.Deserialize(bytes, ManifestJson.Default.ManifestDocument) ?? throw new InvalidDataException($"'{FileName}' holds nothing.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{FileName}' is not a manifest: {exception.Message}", exception);
        }

        if (document.Format != Format)
            throw new InvalidDataException($"'{FileName}' has format {document.Format}, and {Format} is known.");
        foreach (ManifestModel model in document.Models)
            Check(model);
        if (document.Models.DistinctBy(static model => model.Name).Count() != document.Models.Count)
            throw new InvalidDataException($"'{FileName}' lists a model twice.");

        return [.. document.Models.Select(static model => new ListedModel(
            model.Name, model.Batching, [.. model.Versions.OrderBy(static version => version.Number).Select(static version => new ListedVersion(version.Number, version.Files))]))];
    }

    /// <summary>Whether a path stays below where it starts, on every system.</summary>
    internal static bool IsInside(string path) =>
        path.Length is > 0 and <= 1024 && !path.AsSpan().ContainsAny('\\', ':', '\0') && path.Split('/').All(static part => part is not ("" or "." or ".."));

    private static void Check(ManifestModel model)
    {
        if (!ModelName.IsFolder(model.Name))
            throw new InvalidDataException($"'{FileName}' lists a model '{model.Name}', which is not a model name.");
        if (model.Versions.Any(static version => version.Number < 1) || model.Versions.DistinctBy(static version => version.Number).Count() != model.Versions.Count)
            throw new InvalidDataException($"'{FileName}' lists versions of '{model.Name}' that are not positive or come twice.");
        foreach (ListedFile file in model.Versions.SelectMany(static version => version.Files))
            if (!IsInside(file.Path) || file.Length < 0 || file.Sha256.Length != 2 * SHA256.HashSizeInBytes)
                throw new InvalidDataException($"'{FileName}' lists a file '{file.Path}' of '{model.Name}' that leads out of its folder, or without length and SHA-256.");
    }

    private static async Task WriteCoreAsync(string root, CancellationToken cancellationToken)
    {
        List<ManifestModel> models = [];
        foreach (ListedModel model in FolderScan.Read(root, NullLogger.Instance))
        {
            List<ManifestVersion> versions = [];
            foreach (ListedVersion version in model.Versions)
                versions.Add(new ManifestVersion(version.Number, await ListAsync(FolderVersionSource.FolderOf(root, model.Name, version.Number), cancellationToken).ConfigureAwait(false)));
            models.Add(new ManifestModel(model.Name, model.IsBatched, versions));
        }

        string path = Path.Combine(root, FileName), next = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(next, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 4096, useAsync: true))
            {
                await JsonSerializer.SerializeAsync(stream, new ManifestDocument(Format, models), ManifestJson.Default.ManifestDocument, cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        finally
        {
            File.Delete(next);
        }
    }

    private static async Task<List<ListedFile>> ListAsync(string folder, CancellationToken cancellationToken)
    {
        List<ListedFile> files = [];
        var walk = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles("*", walk).OrderBy(static file => file.FullName, StringComparer.Ordinal))
        {
            using FileStream stream = file.OpenRead();
            byte[] hash = await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false);
            files.Add(new ListedFile(Path.GetRelativePath(folder, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), stream.Length, Convert.ToHexStringLower(hash)));
        }

        return files;
    }
}
