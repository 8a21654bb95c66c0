using System.Buffers;

namespace Mlops.Serving;

/// <summary>What a model may be called.</summary>
internal static class ModelName
{
    private const int MaximumLength = 128;
    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <exception cref="ArgumentException">It is not a model name.</exception>
    public static void ThrowIfInvalid(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (!IsValid(name))
            throw new ArgumentException($"'{name}' is not a model name; use up to {MaximumLength} letters, digits, '-', '_' and '.'.", nameof(name));
    }

    /// <summary>Whether it names a model and also a folder that is not hidden and lies where it seems to.</summary>
    public static bool IsFolder(string name) => IsValid(name) && name[0] != '.';

    private static bool IsValid(string name) => name.Length is > 0 and <= MaximumLength && !name.AsSpan().ContainsAnyExcept(Characters);
}
