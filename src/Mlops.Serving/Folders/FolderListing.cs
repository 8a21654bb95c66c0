namespace Mlops.Serving;

/// <summary>A model of a folder as a scan or a manifest lists it.</summary>
/// <param name="Name">Name, which is that of its folder.</param>
/// <param name="IsBatched">Whether calls may share a run.</param>
/// <param name="Versions">Versions, ascending.</param>
internal sealed record ListedModel(string Name, bool IsBatched, IReadOnlyList<ListedVersion> Versions);

/// <summary>A version of a model.</summary>
/// <param name="Number">Number, which is the name of its folder.</param>
/// <param name="Files">Every file of it by path from there; <c>null</c> when nobody has listed them.</param>
internal sealed record ListedVersion(long Number, IReadOnlyList<ListedFile>? Files)
{
    public ListedFile? Find(string path) => Files?.FirstOrDefault(file => file.Path == path);

    public bool IsSameAs(ListedVersion other) => Number == other.Number && (Files is null ? other.Files is null : other.Files is not null && Files.SequenceEqual(other.Files));
}

/// <summary>A file of a version: path with <c>/</c>, length in bytes and SHA-256 in lower-case hexadecimal.</summary>
internal sealed record ListedFile(string Path, long Length, string Sha256);
