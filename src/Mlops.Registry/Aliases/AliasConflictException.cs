using System.Globalization;

namespace Mlops.Registry;

/// <summary>An alias did not point to what was expected. Nothing was changed.</summary>
public sealed class AliasConflictException : RegistryException
{
    internal AliasConflictException(string model, string alias, Expected expected, int? actual)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Changing '{model}@{alias}': expected {expected}, but it points to {(actual is { } number ? $"version {number}" : "no version")}. Read it again and decide anew."))
    {
        Model = model;
        Alias = alias;
        Expected = expected;
        Actual = actual;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The alias.</summary>
    public string Alias { get; }

    /// <summary>What the caller expected.</summary>
    public Expected Expected { get; }

    /// <summary>What the alias points to; null for no version.</summary>
    public int? Actual { get; }
}
