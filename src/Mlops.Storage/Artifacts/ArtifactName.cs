using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Mlops.Storage;

/// <summary>
/// The name a user gives to an artifact, for example <c>plots/roc.svg</c>. It is stored as text and never becomes a file path;
/// the grammar keeps it harmless for those who copy artifacts to disk.
/// </summary>
/// <remarks>1 to 16 segments of 1 to 128 characters <c>[A-Za-z0-9._-]</c>, none of them <c>.</c>, <c>..</c>, ending in a dot, or a Windows device name.</remarks>
public readonly record struct ArtifactName
{
    private const int MaximumSegments = 16;
    private const int MaximumSegmentLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private static readonly SearchValues<string> Devices = SearchValues.Create(
        ["CON", "PRN", "AUX", "NUL", "COM0", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
            "LPT0", "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9"],
        StringComparison.OrdinalIgnoreCase);

    private readonly string? _value;

    private ArtifactName(string value) => _value = value;

    /// <summary>The name as it was given.</summary>
    public string Value => _value ?? "";

    /// <summary>Reads a name.</summary>
    /// <exception cref="ArgumentException">The text does not follow the grammar.</exception>
    public static ArtifactName Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out ArtifactName name)
            ? name
            : throw new ArgumentException(
                $"An artifact name has 1 to {MaximumSegments} segments of 1 to {MaximumSegmentLength} characters [A-Za-z0-9._-] joined by '/', "
                + "none of them '.', '..', ending in a dot or a device name; the one given does not.", nameof(text));
    }

    /// <summary>Reads a name; false when the text does not follow the grammar.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ArtifactName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        int segments = 0;
        foreach (Range range in text.AsSpan().Split('/'))
        {
            if (++segments > MaximumSegments || !IsSegment(text.AsSpan()[range]))
            {
                return false;
            }
        }

        name = new ArtifactName(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.Length is 0 or > MaximumSegmentLength || segment.ContainsAnyExcept(Allowed) || segment[^1] == '.')
        {
            return false;
        }

        int dot = segment.IndexOf('.');
        return !Devices.Contains((dot < 0 ? segment : segment[..dot]).ToString());
    }
}
