using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Serving;

/// <summary>
/// Identity of one prediction, by which its outcome is joined later: 64 random bits per process and a counter, 16 bytes, no
/// allocation. Unique across processes (two processes of a fleet of 100 000 share their bits with a probability of 3e-10) and
/// ordered by time within one.
/// </summary>
public readonly record struct PredictionId : ISpanParsable<PredictionId>, ISpanFormattable, IComparable<PredictionId>
{
    /// <summary>Length of the text form.</summary>
    public const int TextLength = 32;

    private static readonly ulong ProcessPrefix = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private static ulong counter;

    private readonly ulong _prefix;
    private readonly ulong _counter;

    private PredictionId(ulong prefix, ulong counter)
    {
        _prefix = prefix;
        _counter = counter;
    }

    /// <summary>A new id. Thread-safe.</summary>
    public static PredictionId Next() => new(ProcessPrefix, Interlocked.Increment(ref counter));

    /// <summary>Reads the text form, 32 hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is not an id.</exception>
    public static PredictionId Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out PredictionId id)
            ? id
            : throw new FormatException($"'{s}' is not a prediction id; {TextLength} hexadecimal digits are expected.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static PredictionId Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{char}, IFormatProvider?)"/>
    public static PredictionId Parse(string s) => Parse(s, provider: null);

    /// <summary>Reads the text form, 32 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PredictionId result)
    {
        result = default;
        if (s.Length != TextLength
            || !ulong.TryParse(s[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong prefix)
            || !ulong.TryParse(s[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong count))
            return false;

        result = new PredictionId(prefix, count);
        return true;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, IFormatProvider?, out PredictionId)"/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out PredictionId result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <summary>All 128 bits, for stores that key by number.</summary>
    public UInt128 ToUInt128() => new(_prefix, _counter);

    /// <summary>Orders by process, then by time.</summary>
    public int CompareTo(PredictionId other) =>
        _prefix != other._prefix ? _prefix.CompareTo(other._prefix) : _counter.CompareTo(other._counter);

    /// <summary>Whether the left id comes first.</summary>
    public static bool operator <(PredictionId left, PredictionId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left id comes first or both are equal.</summary>
    public static bool operator <=(PredictionId left, PredictionId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the right id comes first.</summary>
    public static bool operator >(PredictionId left, PredictionId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the right id comes first or both are equal.</summary>
    public static bool operator >=(PredictionId left, PredictionId right) => left.CompareTo(right) >= 0;

    /// <summary>32 lower-case hexadecimal digits, which sort as the ids do.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_prefix:x16}{_counter:x16}");

    /// <inheritdoc/>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite(CultureInfo.InvariantCulture, $"{_prefix:x16}{_counter:x16}", out charsWritten);
}
