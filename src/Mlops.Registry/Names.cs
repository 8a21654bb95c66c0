using System.Buffers;

namespace Mlops.Registry;

/// <summary>What models, aliases, tags and keys may be called.</summary>
internal static class Names
{
    public const int MaximumLength = 128;
    public const int MaximumTextLength = 8_000;
    private const int MaximumTagKeyLength = 250;
    private const int MaximumKeyLength = 250;

    private static readonly SearchValues<char> First = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    private static readonly SearchValues<char> Allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaximumLength && First.Contains(name[0]) && !name.ContainsAnyExcept(Allowed);

    public static void RequireModel(string model, string parameter) => Require("model", model, parameter);

    public static void RequireAlias(string alias, string parameter) => Require("alias", alias, parameter);

    public static void RequireVersion(int version, string parameter)
    {
        if (version < 1)
        {
            throw new ArgumentOutOfRangeException(parameter, version, "Versions are numbered 1, 2, 3, ...");
        }
    }

    public static void RequireTag(string key, string value, string parameter)
    {
        if (string.IsNullOrWhiteSpace(key) || key.Length > MaximumTagKeyLength)
        {
            throw new ArgumentException($"A tag's key has 1 to {MaximumTagKeyLength} characters, got {key?.Length ?? 0}.", parameter);
        }

        ArgumentNullException.ThrowIfNull(value, parameter);
        RequireText(value, parameter);
    }

    public static void RequireText(string? text, string parameter)
    {
        if (text?.Length > MaximumTextLength)
        {
            throw new ArgumentException($"A text has at most {MaximumTextLength} characters, got {text.Length}.", parameter);
        }
    }

    public static void RequireIdempotencyKey(string? key, string parameter)
    {
        if (key is not null && (key.Length == 0 || key.Length > MaximumKeyLength))
        {
            throw new ArgumentException($"An idempotency key has 1 to {MaximumKeyLength} characters, got {key.Length}.", parameter);
        }
    }

    private static void Require(string what, string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (!IsName(name))
        {
            throw new InvalidNameException(what, name, parameter);
        }
    }
}
