namespace Mlops.Storage.Conformance;

/// <summary>Where the artifacts of one test lie, seen past the store that is tested.</summary>
public interface IArtifactPlace
{
    /// <summary>A store on the place, as another process would open it.</summary>
    IArtifactStore Open();

    /// <summary>The bytes kept under the hash, as they are; null when there are none.</summary>
    Task<byte[]?> ReadAsync(ContentHash hash);

    /// <summary>Puts other bytes under the hash, or takes them away.</summary>
    Task ReplaceAsync(ContentHash hash, byte[]? content);

    /// <summary>Puts something there that is no artifact.</summary>
    /// <param name="name">Where below the place.</param>
    /// <param name="content">Its bytes.</param>
    Task AddAsync(string name, byte[] content);

    /// <summary>How many things there are.</summary>
    Task<int> CountAsync();
}
