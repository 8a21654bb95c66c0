using System.Data;

namespace Mlops.Storage;

/// <summary>
/// One typed parameter value: 64-bit integer, finite double, text, bytes, or null of one of these types.
/// Every value carries its type, so that both engines plan the same statement.
/// </summary>
public readonly struct SqlValue
{
    private readonly object? _reference;
    private readonly long _bits;
    private readonly bool _isNull;

    private SqlValue(DbType type, long bits, object? reference, bool isNull)
    {
        Type = type;
        _bits = bits;
        _reference = reference;
        _isNull = isNull;
    }

    /// <summary>Int64, Double, String or Binary.</summary>
    public DbType Type { get; }

    /// <summary>True for a null value.</summary>
    public bool IsNull => _isNull;

    /// <summary>A 64-bit integer.</summary>
    public static implicit operator SqlValue(long value) => new(DbType.Int64, value, null, isNull: false);

    /// <summary>A 64-bit integer or null.</summary>
    public static implicit operator SqlValue(long? value) => new(DbType.Int64, value.GetValueOrDefault(), null, value is null);

    /// <summary>Stored as 0 or 1.</summary>
    public static implicit operator SqlValue(bool value) => new(DbType.Int64, value ? 1 : 0, null, isNull: false);

    /// <summary>A finite double; NaN and infinities are stored by their bits as integers instead.</summary>
    /// <exception cref="ArgumentException">The value is not finite.</exception>
    public static implicit operator SqlValue(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentException($"A column of doubles takes finite values, got {value}; store non-finite values by their bits.", nameof(value));
        }

        return new(DbType.Double, BitConverter.DoubleToInt64Bits(value), null, isNull: false);
    }

    /// <summary>A finite double or null.</summary>
    public static implicit operator SqlValue(double? value) =>
        value is { } finite ? finite : new SqlValue(DbType.Double, 0, null, isNull: true);

    /// <summary>Text or null. U+0000 and lone surrogates are refused: the engines disagree about them.</summary>
    /// <exception cref="ArgumentException">The text holds U+0000 or a lone surrogate.</exception>
    public static implicit operator SqlValue(string? value)
    {
        if (value is not null)
        {
            RequireStorable(value);
        }

        return new(DbType.String, 0, value, value is null);
    }

    /// <summary>Bytes or null. The array is not copied: do not change it before the write returns.</summary>
    public static implicit operator SqlValue(byte[]? value) => new(DbType.Binary, 0, value, value is null);

    internal object ToProviderValue() => _isNull
        ? DBNull.Value
        : Type switch
        {
            DbType.Int64 => _bits,
            DbType.Double => BitConverter.Int64BitsToDouble(_bits),
            _ => _reference!,
        };

    private static void RequireStorable(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\0')
            {
                throw new ArgumentException($"Text to be stored holds U+0000 at index {i}; remove it.", nameof(text));
            }

            if (!char.IsSurrogate(c))
            {
                continue;
            }

            if (i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]))
            {
                i++;
                continue;
            }

            throw new ArgumentException($"Text to be stored holds a lone surrogate at index {i}; it is not valid Unicode.", nameof(text));
        }
    }
}
