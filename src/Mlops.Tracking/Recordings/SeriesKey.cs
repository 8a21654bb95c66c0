using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Tracking;

/// <summary>
/// The metric key of an instrument under a set of tags, <c>name/tag:value/tag:value</c> with the tags in order: what a key may not hold
/// becomes <c>_</c>, and what is too long ends in a hash.
/// </summary>
internal static class SeriesKey
{
    private const int HashDigits = 8;

    // Leaves room for "/count".
    private const int MaximumLength = Names.MaximumKeyLength - 6;

    public static string Of(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        KeyValuePair<string, object?>[] ordered = tags.ToArray();
        Array.Sort(ordered, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        var key = new StringBuilder();
        AppendPath(key, instrument);
        foreach ((string name, object? value) in ordered)
        {
            key.Append('/');
            Append(key, name, keepSlash: false);
            key.Append(':');
            Append(key, Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", keepSlash: false);
        }

        return key.Length <= MaximumLength ? key.ToString() : WithHash(key.ToString(), key.ToString());
    }

    /// <summary>Another key for tags whose own is taken.</summary>
    public static string Distinguish(string key, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var raw = new StringBuilder();
        foreach ((string name, object? value) in tags)
        {
            raw.Append(name).Append('\0').Append(Convert.ToString(value, CultureInfo.InvariantCulture)).Append('\0');
        }

        return WithHash(key, raw.ToString());
    }

    private static string WithHash(string key, string raw)
    {
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(raw)))[..HashDigits];
        return $"{key[..Math.Min(key.Length, MaximumLength - HashDigits - 1)]}-{hash}";
    }

    /// <summary>An instrument's name may have slashes, but no segment that a path cannot have.</summary>
    private static void AppendPath(StringBuilder key, string name)
    {
        foreach (string segment in name.Split('/'))
        {
            key.Append(key.Length == 0 ? "" : "/");
            Append(key, segment is "" or "." or ".." ? "_" : segment, keepSlash: true);
        }
    }

    private static void Append(StringBuilder key, string text, bool keepSlash)
    {
        foreach (char c in text)
        {
            key.Append(char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or ':' or ' ' || (keepSlash && c == '/') ? c : '_');
        }
    }
}
