namespace Mlops.Storage.Conformance;

/// <summary>A folder.</summary>
internal sealed class FolderPlace(string folder) : IArtifactPlace
{
    public IArtifactStore Open() => new FileArtifactStore(folder);

    public async Task<byte[]?> ReadAsync(ContentHash hash) => File.Exists(PathOf(hash)) ? await File.ReadAllBytesAsync(PathOf(hash)) : null;

    public async Task ReplaceAsync(ContentHash hash, byte[]? content)
    {
        if (content is null)
        {
            File.Delete(PathOf(hash));
        }
        else
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(hash))!);
            await File.WriteAllBytesAsync(PathOf(hash), content);
        }
    }

    public Task AddAsync(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return File.WriteAllBytesAsync(path, content);
    }

    public Task<int> CountAsync() => Task.FromResult(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count());

    private string PathOf(ContentHash hash) => Path.Combine(folder, hash.ToString()[..2], hash.ToString()[2..4], hash.ToString());
}
