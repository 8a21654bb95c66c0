namespace Mlops.Drift;

/// <summary>Seeded numbers from 0 (inclusive) to 1, the same on every platform. Not thread-safe.</summary>
internal sealed class DrawnNumbers(long seed)
{
    private ulong _drawn;

    /// <summary>A random order of the values.</summary>
    public void Shuffle(Span<int> values)
    {
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = (int)(Next() * (i + 1));
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    public double Next() => (Mixer.Mix(unchecked((ulong)seed), _drawn++) >> 11) * (1.0 / (1UL << 53));
}
