using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>Refuses text that no database stores while the caller who gave it can still be named.</summary>
internal static class StoredText
{
    /// <exception cref="ArgumentException">The text holds U+0000 or a lone surrogate.</exception>
    public static void Require(string text, string parameter)
    {
        try
        {
            _ = (SqlValue)text;
        }
        catch (ArgumentException refused)
        {
            throw new ArgumentException($"'{parameter}' cannot be stored: it holds U+0000 or half of a surrogate pair.", parameter, refused);
        }
    }
}
