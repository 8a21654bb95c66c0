using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Mlops.Storage;

/// <summary>The SHA-256 of an artifact's bytes: its name and its proof. Written as 64 lower-case hexadecimal digits.</summary>
public readonly struct ContentHash : IEquatable<ContentHash>
{
    /// <summary>32.</summary>
    public const int Length = 32;

    private readonly Bytes _bytes;

    /// <summary>Wraps 32 bytes.</summary>
    public ContentHash(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != Length)
        {
            throw new ArgumentException($"A SHA-256 has {Length} bytes, got {hash.Length}.", nameof(hash));
        }

        hash.CopyTo(_bytes);
    }

    /// <summary>Hashes bytes in memory.</summary>
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Length];
        SHA256.HashData(content, hash);
        return new ContentHash(hash);
    }

    /// <summary>Reads 64 hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static ContentHash Parse(ReadOnlySpan<char> text) => TryParse(text, out ContentHash hash)
        ? hash
        : throw new FormatException($"Expected the 64 hexadecimal digits of a SHA-256, got {text.Length} characters.");

    /// <summary>Reads 64 hexadecimal digits; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContentHash hash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text.Length == Length * 2 && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
        {
            hash = new ContentHash(bytes);
            return true;
        }

        hash = default;
        return false;
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray() => ((ReadOnlySpan<byte>)_bytes).ToArray();

    /// <inheritdoc/>
    public override string ToString() => Convert.ToHexStringLower(_bytes);

    /// <inheritdoc/>
    public bool Equals(ContentHash other) => ((ReadOnlySpan<byte>)_bytes).SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ContentHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Unsafe.ReadUnaligned<int>(in _bytes[0]);

    /// <summary>Equal bytes.</summary>
    public static bool operator ==(ContentHash left, ContentHash right) => left.Equals(right);

    /// <summary>Different bytes.</summary>
    public static bool operator !=(ContentHash left, ContentHash right) => !left.Equals(right);

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
