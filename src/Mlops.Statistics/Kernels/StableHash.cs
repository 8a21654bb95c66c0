using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace Mlops.Statistics;

/// <summary>
/// 64-bit hashes that are part of binary forms, so they never change and are equal on every machine: SplitMix64's finaliser
/// (Steele, Lea and Flood 2014), a bijection, over a number or over each eight bytes of a text's UTF-8. No defence against keys made
/// to collide.
/// </summary>
internal static class StableHash
{
    private const ulong DoubleSalt = 0xD6E8_FEB8_6659_FD93;
    private const ulong TextSalt = 0xA076_1D64_78BD_642F;
    private const int BlockBytes = 256;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(ulong value) => new SplitMix64(value).Next();

    /// <summary>-0 hashes as 0 and every NaN alike.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Of(double value)
    {
        double canonical = double.IsNaN(value) ? double.NaN : value + 0.0;
        return Of(BitConverter.DoubleToUInt64Bits(canonical) ^ DoubleSalt);
    }

    /// <summary>Halves of surrogate pairs hash as U+FFFD.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        Span<byte> block = stackalloc byte[BlockBytes];
        ulong hash = TextSalt;
        ulong length = 0;
        int held = 0;
        OperationStatus status;
        do
        {
            status = Utf8.FromUtf16(text, block[held..], out int read, out int written);
            text = text[read..];
            length += (ulong)written;
            held += written;
            int at = 0;
            for (; at <= held - sizeof(ulong); at += sizeof(ulong))
                hash = Of(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(block[at..]));
            block[at..held].CopyTo(block);
            held -= at;
        }
        while (status == OperationStatus.DestinationTooSmall);

        block.Slice(held, sizeof(ulong)).Clear();
        hash = Of(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(block));
        return Of(hash ^ length);
    }
}
