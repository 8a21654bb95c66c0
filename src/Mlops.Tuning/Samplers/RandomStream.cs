using System.Text;

namespace Mlops.Tuning;

/// <summary>
/// The random numbers of one purpose of one trial: a function of the study's seed, the trial's number and the purpose, which is the
/// parameter's name for values sampled one by one. So a value depends neither on the order of the calls, nor on how many trials run
/// at once, nor on whether the study was resumed. Not thread-safe.
/// </summary>
/// <remarks>
/// Philox4x32-10 with the seed as key and the counter (block, trial number, FNV-1a 64 of the purpose's UTF-8 bytes).
/// </remarks>
public sealed class RandomStream
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    private readonly ulong _key;
    private readonly uint _trial;
    private readonly ulong _purpose;
    private uint _block;
    private ulong _second;
    private bool _hasSecond;

    /// <summary>Opens a stream at its beginning.</summary>
    /// <param name="seed">The study's seed.</param>
    /// <param name="trial">The trial's number, from 0.</param>
    /// <param name="purpose">What the numbers are for; the empty text for values sampled together.</param>
    public RandomStream(long seed, int trial, string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        ArgumentOutOfRangeException.ThrowIfNegative(trial);
        _key = (ulong)seed;
        _trial = (uint)trial;
        _purpose = Hash(purpose);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        if (_hasSecond)
        {
            _hasSecond = false;
            return _second;
        }

        (uint x0, uint x1, uint x2, uint x3) = Philox.Block(_block++, _trial, (uint)_purpose, (uint)(_purpose >> 32), _key);
        _second = ((ulong)x2 << 32) | x3;
        _hasSecond = true;
        return ((ulong)x0 << 32) | x1;
    }

    /// <summary>Uniform over the 2^53 multiples of 2^-53 in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform over 0 to <paramref name="count"/> - 1, without bias.</summary>
    /// <remarks>Lemire: Fast random integer generation in an interval (2019).</remarks>
    public long NextBelow(long count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ulong range = (ulong)count;
        ulong high = Math.BigMul(NextBits(), range, out ulong low);
        if (low < range)
        {
            ulong threshold = (0 - range) % range;
            while (low < threshold)
            {
                high = Math.BigMul(NextBits(), range, out low);
            }
        }

        return (long)high;
    }

    internal static ulong Hash(string text)
    {
        int capacity = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> buffer = capacity <= 1024 ? stackalloc byte[1024] : new byte[capacity];
        ulong hash = FnvOffset;
        foreach (byte b in buffer[..Encoding.UTF8.GetBytes(text, buffer)])
        {
            hash = (hash ^ b) * FnvPrime;
        }

        return hash;
    }
}
