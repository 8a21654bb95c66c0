namespace Mlops.Drift;

/// <summary>Chooses among numbered items those whose number hashes lowest, in their order.</summary>
internal static class HashedSample
{
    /// <summary>All of them where there are no more than <paramref name="maximum"/>.</summary>
    public static int[] Of(int count, int maximum, long seed)
    {
        int[] chosen = new int[count];
        for (int i = 0; i < count; i++)
            chosen[i] = i;
        if (count <= maximum)
            return chosen;
        ulong[] hashes = Array.ConvertAll(chosen, i => Mixer.Mix(unchecked((ulong)seed), (ulong)i));
        Array.Sort(hashes, chosen);
        Array.Resize(ref chosen, maximum);
        Array.Sort(chosen);
        return chosen;
    }
}
