namespace Mlops.Drift;

/// <summary>Seeded numbers from 0 (inclusive) to 1, the same on every platform. Not thread-safe.</summary>
internal sealed class DrawnNumbers(long seed)
{
    private ulong _drawn;

    public double Next() => (Mixer.Mix(unchecked((ulong)seed), _drawn++) >> 11) * (1.0 / (1UL << 53));
}
