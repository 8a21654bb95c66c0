namespace Mlops.Registry;

/// <summary>What may be said of a version when it is registered.</summary>
public sealed class RegisterOptions
{
    /// <summary>The id of the tracked run it comes from; null for none. Not checked: the run may live elsewhere.</summary>
    public string? RunId { get; set; }

    /// <summary>What people should know of it, at most 8 000 characters; null for nothing.</summary>
    public string? Description { get; set; }

    /// <summary>Keys of 1 to 250 characters, values of at most 8 000; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>What the bytes are; ONNX unless said otherwise.</summary>
    public ModelFormat Format { get; set; }

    /// <summary>Who registers it; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }

    /// <summary>
    /// Makes the registration repeatable: the same bytes for the same model under the same key return the first version. Unique among
    /// all versions of the database; null for a version of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
