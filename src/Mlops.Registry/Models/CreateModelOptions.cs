namespace Mlops.Registry;

/// <summary>What may be said of a model when it is created.</summary>
public sealed class CreateModelOptions
{
    /// <summary>What people should know of it, at most 8 000 characters; null for nothing.</summary>
    public string? Description { get; set; }

    /// <summary>Keys of 1 to 250 characters, values of at most 8 000; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>Who creates it; null for <see cref="RegistryOptions.Actor"/>.</summary>
    public string? Actor { get; set; }
}
