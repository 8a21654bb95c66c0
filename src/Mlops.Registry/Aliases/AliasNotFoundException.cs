namespace Mlops.Registry;

/// <summary>The alias points to no version: it was never set, or was removed.</summary>
public sealed class AliasNotFoundException : RegistryException
{
    internal AliasNotFoundException(string model, string alias)
        : base($"Looking for '{model}@{alias}': the alias points to no version. Set it with SetAliasAsync or PromoteAsync.")
    {
        Model = model;
        Alias = alias;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The alias asked for.</summary>
    public string Alias { get; }
}
