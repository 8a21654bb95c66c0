namespace Mlops.Registry;

/// <summary>The alias was not where the caller expected it, so it was not moved.</summary>
public sealed class AliasConflictException(string model, string alias, Expected expected, int? actual)
    : RegistryException($"Moving '{model}@{alias}': expected {expected}, found {(actual is { } number ? $"version {number}" : "no version")}. Read it again and decide anew.")
{
    /// <summary>What the caller expected.</summary>
    public Expected Expected { get; } = expected;

    /// <summary>The version the alias names, or null when it names none.</summary>
    public int? Actual { get; } = actual;
}
