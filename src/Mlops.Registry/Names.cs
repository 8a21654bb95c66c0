using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mlops.Registry;

/// <summary>What models, aliases, tags and keys may be called.</summary>
internal static class Names
{
    public const int MaximumModelLength = 256;
    public const int MaximumAliasLength = 255;
    public const int MaximumTextLength = 8_000;
    private const int MaximumTagKeyLength = 250;
    private const int MaximumKeyLength = 250;

    private static readonly SearchValues<char> AliasCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> Separators = SearchValues.Create("/:@");

    /// <summary>
    /// Text that people can tell apart and references can carry: none of their separators, nothing invisible, no white space at an end.
    /// </summary>
    public static bool IsModel(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaximumModelLength || name is "." or ".." || name.ContainsAny(Separators)
            || char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]))
        {
            return false;
        }

        while (name.Length > 0)
        {
            if (Rune.DecodeFromUtf16(name, out Rune rune, out int length) != OperationStatus.Done || IsInvisible(rune))
            {
                return false;
            }

            name = name[length..];
        }

        return true;
    }

    public static bool IsAlias(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaximumAliasLength && name[0] != '.' && !name.ContainsAnyExcept(AliasCharacters);

    public static void RequireModel(string model, string parameter)
    {
        ArgumentNullException.ThrowIfNull(model, parameter);
        if (!IsModel(model))
        {
            throw InvalidNameException.ForModel(model, parameter);
        }
    }

    public static void RequireAlias(string alias, string parameter)
    {
        ArgumentNullException.ThrowIfNull(alias, parameter);
        if (!IsAlias(alias))
        {
            throw InvalidNameException.ForAlias(alias, parameter);
        }
    }

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

    /// <summary>On the web a user's name before an '@' is often a token; elsewhere it may be part of the address, as in <c>abfss://container@account</c>, and only a password is refused.</summary>
    public static void RequireAddress(string? text, string parameter)
    {
        RequireText(text, parameter);
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? parsed)
            && (parsed.UserInfo.Contains(':', StringComparison.Ordinal) || (parsed.UserInfo.Length > 0 && (parsed.Scheme is "http" or "https" or "ftp"))))
        {
            throw new ArgumentException("The address carries user information, which everybody who may read the registry would see. Leave it out.", parameter);
        }
    }

    public static void RequireIdempotencyKey(string? key, string parameter)
    {
        if (key is not null && (key.Length == 0 || key.Length > MaximumKeyLength))
        {
            throw new ArgumentException($"An idempotency key has 1 to {MaximumKeyLength} characters, got {key.Length}.", parameter);
        }
    }

    public static Dictionary<string, string> RequireTags(IReadOnlyDictionary<string, string>? tags, string parameter)
    {
        Dictionary<string, string> copy = tags is null ? [] : new(tags, StringComparer.Ordinal);
        foreach ((string key, string value) in copy)
        {
            RequireTag(key, value, parameter);
        }

        return copy;
    }

    public static void RequireActor(string? actor, string parameter)
    {
        if (actor is not null && (string.IsNullOrWhiteSpace(actor) || actor.Length > RegistryOptionsValidator.MaximumActorLength))
        {
            throw new ArgumentException($"An actor has 1 to {RegistryOptionsValidator.MaximumActorLength} characters, got {actor.Length}.", parameter);
        }
    }

    private static bool IsInvisible(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
