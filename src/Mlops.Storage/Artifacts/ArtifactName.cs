using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Mlops.Storage;

/// <summary>
/// The name a user gives to an artifact, for example <c>plots/roc.svg</c>. It is stored as text and never becomes a file path;
/// the grammar keeps it harmless for those who copy artifacts to disk.
/// </summary>
/// <remarks>
/// 1 to 16 segments of 1 to 128 characters, at most 255 bytes of UTF-8: letters, marks and digits of any script, spaces within, and
/// <c>% &amp; ' ( ) + , - . = @ [ ] _ { }</c>. None of them is <c>.</c> or <c>..</c>, also not behind percent-encoding, ends in a dot, or is a Windows device
/// name. Names are told apart by their characters, also where two of them look the same.
/// </remarks>
public readonly record struct ArtifactName
{
    private const int MaximumSegments = 16;
    private const int MaximumSegmentLength = 128;

    // What the file systems of today take.
    private const int MaximumSegmentBytes = 255;

    private const int MaximumEncodings = 10;
    private const int MaximumShown = 128;

    // Left out are the separators, what Windows refuses in a file's name, and what would begin a fragment of an address.
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 %&'()+,-.=@[]_{}");

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
                $"'{Shorten(text)}' is no name of an artifact. A name is 1 to {MaximumSegments} segments joined by '/'. A segment is 1 to {MaximumSegmentLength} characters, at most "
                + $"{MaximumSegmentBytes} bytes of UTF-8: letters, marks and digits of any script, spaces within, and %&'()+,-.=@[]_{{}}. None is '.' or '..', also not behind "
                + "percent-encoding, none ends in a dot, and none is a device of Windows, such as NUL or com1.txt.",
                nameof(text));
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

        if (text.Contains('%', StringComparison.Ordinal) && HidesSteps(text))
        {
            return false;
        }

        name = new ArtifactName(text);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static string Shorten(string text) => text.Length <= MaximumShown ? text : string.Concat(text.AsSpan(0, MaximumShown), "...");

    private static bool IsSegment(ReadOnlySpan<char> segment)
    {
        if (segment.Length is 0 or > MaximumSegmentLength || segment[0] == ' ' || segment[^1] is '.' or ' ' || !IsText(segment))
        {
            return false;
        }

        // A device is one with any extension, and with spaces before it.
        int dot = segment.IndexOf('.');
        return !Devices.Contains((dot < 0 ? segment : segment[..dot]).TrimEnd(' ').ToString());
    }

    /// <summary>Whether somebody who decodes the name, however often, would find a step up or the root. A percent sign by itself is one like others.</summary>
    private static bool HidesSteps(string text)
    {
        for (int round = 0; round < MaximumEncodings; round++)
        {
            string decoded = Uri.UnescapeDataString(text);
            if (decoded == text)
            {
                return false;
            }

            text = decoded;
            string[] segments = text.Split('/', '\\');
            if (segments[0].Length == 0 || Array.Exists(segments, static segment => segment is "." or ".."))
            {
                return true;
            }
        }

        return true;
    }

    private static bool IsText(ReadOnlySpan<char> segment)
    {
        int first = segment.IndexOfAnyExcept(Allowed);
        if (first < 0)
        {
            return true;
        }

        foreach (Rune rune in segment[first..].EnumerateRunes())
        {
            // Half a character is enumerated as U+FFFD, which is no letter.
            if (!(rune.IsAscii ? Allowed.Contains((char)rune.Value) : IsLetter(rune)))
            {
                return false;
            }
        }

        return Encoding.UTF8.GetByteCount(segment) <= MaximumSegmentBytes;
    }

    private static bool IsLetter(Rune rune) => Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
}
