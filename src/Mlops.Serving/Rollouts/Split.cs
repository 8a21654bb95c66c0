using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Mlops.Serving;

/// <summary>
/// Which keys a candidate answers: those whose hash, salted with the secret of the rollout, lies below the share. A larger share takes more keys from
/// the stable version and gives none back. Thread-safe.
/// </summary>
internal sealed class Split
{
    private const double HashCount = 4.0 * (1L << 62);
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly long _salt;
    private readonly ulong _limit;
    private readonly bool _isWhole;
    private long _calls;

    /// <param name="salt">The secret.</param>
    /// <param name="share">Of the keys, 0 to 1; exact to 2^-53.</param>
    public Split(long salt, double share)
    {
        _salt = salt;
        Share = share;
        _isWhole = share >= 1;
        _limit = _isWhole ? ulong.MaxValue : (ulong)(share * HashCount);
    }

    /// <summary>Of the keys that the candidate answers.</summary>
    public double Share { get; }

    /// <summary>Same for the same key everywhere, unforeseeable without the secret.</summary>
    public ulong Hash(string key) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(key.AsSpan()), _salt);

    /// <summary>Whether the candidate answers.</summary>
    public bool Takes(ulong hash) => hash < _limit || _isWhole;

    /// <summary>Whether the candidate answers a call that belongs to nobody: each call anew, as if by chance.</summary>
    public bool TakesByChance() => Takes(Mix((ulong)_salt + (Golden * (ulong)Interlocked.Increment(ref _calls))));

    /// <summary>The finaliser of MurmurHash3: numbers that are independent of those put in, for all that a test can tell.</summary>
    public static ulong Mix(ulong x)
    {
        x ^= x >> 33;
        x *= 0xFF51AFD7ED558CCD;
        x ^= x >> 33;
        x *= 0xC4CEB9FE1A85EC53;
        return x ^ (x >> 33);
    }
}
