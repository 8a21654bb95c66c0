using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>One version of a model in a folder: its file, its golden samples, and the files that a manifest lists beside them.</summary>
internal sealed class FolderVersionSource(string root, string name, ListedVersion version) : IModelSource
{
    private static readonly string[] GoldenFiles = ["golden.json", "reference.json"];
    private readonly string _folder = FolderOf(root, name, version.Number);
    private volatile ListedVersion _version = version;

    /// <summary>The version as it is listed now; the next load is of that.</summary>
    public ListedVersion Version
    {
        get => _version;
        set => _version = value;
    }

    public static string FolderOf(string root, string name, long number) => Path.Combine(root, name, number.ToString(CultureInfo.InvariantCulture));

    public async ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        ListedVersion listed = _version;
        string? golden = Array.Find(GoldenFiles, file => listed.Files is null ? File.Exists(Path.Combine(_folder, file)) : listed.Find(file) is not null);
        ListedFile[] others = [.. (listed.Files ?? []).Where(file => file.Path is not (FolderScan.ModelFile or TritonConfig.FileName) && !GoldenFiles.Contains(file.Path))];
        long total = others.Sum(static file => file.Length);
        if (total > maximumBytes)
            throw TooLarge(model, total, maximumBytes);

        return new ModelPackage
        {
            Content = await ReadAsync(model, listed, FolderScan.ModelFile, maximumBytes - total, cancellationToken).ConfigureAwait(false),
            Version = listed.Number,
            ExpectedDigest = listed.Find(FolderScan.ModelFile)?.Sha256,
            GoldenSamples = golden is null ? null : await ReadAsync(model, listed, golden, maximumBytes, cancellationToken).ConfigureAwait(false),
            Files = [.. others.Select(file => new ModelPackageFile(file.Path, file.Length, file.Sha256, _ => ValueTask.FromResult<Stream>(File.OpenRead(Locate(model, file.Path)))))],
        };
    }

    /// <summary>Lengths and times of the files, which change while they are copied.</summary>
    public string Fingerprint() => string.Join(';', (_version.Files?.Select(static file => file.Path) ?? [FolderScan.ModelFile])
        .Select(path => new FileInfo(Path.Combine(_folder, path)))
        .Select(static file => file.Exists ? string.Create(CultureInfo.InvariantCulture, $"{file.Length}@{file.LastWriteTimeUtc.Ticks}") : "-"));

    private async Task<byte[]> ReadAsync(string model, ListedVersion listed, string path, long maximumBytes, CancellationToken cancellationToken)
    {
        string file = Locate(model, path);
        long length = new FileInfo(file).Length;
        if (length > maximumBytes)
            throw TooLarge(model, length, maximumBytes);

        byte[] content = await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false);
        return listed.Find(path) is not { } entry || Convert.ToHexStringLower(SHA256.HashData(content)).Equals(entry.Sha256, StringComparison.OrdinalIgnoreCase)
            ? content
            : throw new ModelLoadException(
                model, ModelLoadFailure.DigestMismatch, $"'{path}' of version {listed.Number} is not the file that the manifest lists: not all of it has been copied, or the manifest is older.");
    }

    // A link may lead anywhere, and so may one of the folders on the way.
    private string Locate(string model, string path)
    {
        string at = _folder;
        foreach (string part in (string[])["", .. path.Split('/')])
        {
            at = Path.Combine(at, part);
            if (new FileInfo(at).LinkTarget is not null)
                throw new ModelLoadException(model, ModelLoadFailure.UnsafeModel, $"'{path}' of version {_version.Number} is reached by a link, which is not followed.");
        }

        return at;
    }

    private static ModelLoadException TooLarge(string model, long length, long maximumBytes) => new(
        model, ModelLoadFailure.TooLarge, $"its files have {length} bytes, {nameof(ModelOptions.MaximumModelBytes)} leaves {maximumBytes}.");
}
