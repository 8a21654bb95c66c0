using System.Globalization;

namespace Mlops.Serving.AspNetCore;

/// <summary>Times as the REST protocol writes them: RFC 3339; without an offset they are UTC.</summary>
internal static class Timestamps
{
    /// <summary>For messages.</summary>
    public const string Form = "a timestamp like 2026-01-31T12:00:00Z";

    private static readonly string[] Forms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK"];

    public static bool TryRead(string text, out DateTimeOffset timestamp) =>
        DateTimeOffset.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out timestamp);

    public static string ToText(DateTimeOffset timestamp) => timestamp.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
