using Mlops.Storage;

namespace Mlops.Mlflow;

/// <summary>
/// Paths from outside, as the web server decoded them, once: a percent sign that is left belongs to the name. None of them ever becomes a
/// path of a file system, and <see cref="ArtifactName"/> refuses what would lead elsewhere if somebody decoded it again.
/// </summary>
internal static class SafePath
{
    private const int MaximumRounds = 10;

    /// <summary>The artifact's name that the path is; empty for the root.</summary>
    /// <exception cref="ProtocolException">It leaves the root, or is no <see cref="ArtifactName"/>.</exception>
    public static string Read(string? path)
    {
        if (string.IsNullOrEmpty(path) || path == ".")
        {
            return "";
        }

        // Clients write directories with a slash at their end.
        string name = path.EndsWith('/') ? path[..^1] : path;
        if (IsUnsafe(name))
        {
            throw Invalid();
        }

        return ArtifactName.TryParse(name, out ArtifactName parsed)
            ? parsed.Value
            : throw ProtocolException.Invalid(
                $"Invalid path: '{ProtocolException.Shorten(name)}'. A path has 1 to 16 segments of 1 to 128 letters and digits of any script, spaces within, and %&'()+,-.=@[]_{{}}; none ends in a dot or is a device of Windows. Rename the file.");
    }

    /// <summary>The text after percent-decoding it until nothing changes.</summary>
    /// <exception cref="ProtocolException">It is encoded more than ten times.</exception>
    public static string Decode(string text)
    {
        for (int round = 0; round < MaximumRounds; round++)
        {
            string decoded = Uri.UnescapeDataString(text);
            if (decoded == text)
            {
                return decoded;
            }

            text = decoded;
        }

        throw Invalid();
    }

    /// <summary>True for what could lead elsewhere on some system: absolute, a drive, another separator, a step up, a fragment.</summary>
    public static bool IsUnsafe(string path) =>
        path.AsSpan().ContainsAny("\\#?:\0")
        || path.StartsWith('/')
        || path.Contains("//", StringComparison.Ordinal)
        || path.Split('/').Any(static segment => segment is "." or "..");

    public static ProtocolException Invalid() => ProtocolException.Invalid("Invalid path");
}
