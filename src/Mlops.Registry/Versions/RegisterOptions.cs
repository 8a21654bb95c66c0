namespace Mlops.Registry;

/// <summary>What may be said of a version when it is registered.</summary>
public sealed class RegisterOptions
{
    /// <summary>The id of the tracked run it comes from; null for none. Not checked: the run may live elsewhere.</summary>
    public string? RunId { get; set; }

    /// <summary>Where it comes from, at most 8 000 characters, for example an address or a folder; null for nothing. Never opened or fetched.</summary>
    public string? Source { get; set; }

    /// <summary>What people should know of it, at most 8 000 characters; null for nothing.</summary>
    public string? Description { get; set; }

    /// <summary>Keys of 1 to 250 characters, values of at most 8 000; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>What the bytes are: Onnx unless said otherwise, Other or Detect. Not looked at where the method says what they are.</summary>
    public ModelFormat Format { get; set; }

    /// <summary>Who registers it; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }

    /// <summary>
    /// Makes the registration repeatable: the same bytes for the same model under the same key return the first version, and throw
    /// <see cref="VersionDeletedException"/> once that or its model was deleted. Unique among all versions of the database; null for a version of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
