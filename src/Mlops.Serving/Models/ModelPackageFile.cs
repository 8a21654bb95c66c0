namespace Mlops.Serving;

/// <summary>A file that belongs to a model beside the model file, such as its weights. Immutable.</summary>
public sealed class ModelPackageFile
{
    /// <summary>Describes a file.</summary>
    /// <param name="path">Where the model looks for it: a path from the model file, with <c>/</c>, that stays below it.</param>
    /// <param name="length">Length in bytes.</param>
    /// <param name="digest">SHA-256 in hexadecimal; a file with another is refused.</param>
    /// <param name="openReadAsync">Opens the content; called once per load, and the stream is disposed of.</param>
    /// <exception cref="ArgumentException">The path is absolute or leads upwards.</exception>
    public ModelPackageFile(string path, long length, string digest, Func<CancellationToken, ValueTask<Stream>> openReadAsync)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(digest);
        ArgumentNullException.ThrowIfNull(openReadAsync);
        if (!ModelFolderManifest.IsInside(path))
            throw new ArgumentException($"'{path}' does not stay below the model's folder.", nameof(path));

        Path = path;
        Length = length;
        Digest = digest;
        OpenReadAsync = openReadAsync;
    }

    /// <summary>Where the model looks for it.</summary>
    public string Path { get; }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>SHA-256 that it must have.</summary>
    public string Digest { get; }

    internal Func<CancellationToken, ValueTask<Stream>> OpenReadAsync { get; }
}
