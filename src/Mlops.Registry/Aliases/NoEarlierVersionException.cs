using System.Globalization;

namespace Mlops.Registry;

/// <summary>A rollback found no other version that the alias pointed to before. Nothing was changed.</summary>
public sealed class NoEarlierVersionException : RegistryException
{
    internal NoEarlierVersionException(string model, string alias, int? current)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Rolling back '{model}@{alias}': it pointed to no other version before {(current is { } number ? $"version {number}" : "it was removed")}. Set it to a version by number."))
    {
        Model = model;
        Alias = alias;
        Current = current;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The alias.</summary>
    public string Alias { get; }

    /// <summary>What the alias points to; null for no version.</summary>
    public int? Current { get; }
}
