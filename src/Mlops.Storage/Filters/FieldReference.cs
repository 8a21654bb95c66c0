namespace Mlops.Storage;

/// <summary>A field that a text names.</summary>
/// <param name="Name">The attribute's or the entity's first name.</param>
/// <param name="Key">The key; null for attributes.</param>
/// <param name="Function">The function and its number; null without.</param>
/// <param name="Field">What it is.</param>
internal sealed record FieldReference(string Name, string? Key, string? Function, QueryField Field)
{
    /// <summary>Whether both name the same, whatever names they use for it.</summary>
    public bool IsSame(FieldReference other) => Name == other.Name && Key == other.Key && Function == other.Function;
}
