using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mlops.Statistics;

/// <summary>
/// Binary search of sixteen floats at once over edges that stay in four 512-bit registers. Needs AVX-512; every other
/// machine takes the scalar search, whose counts are the same.
/// </summary>
internal static class PermuteSearch
{
    /// <summary>Sixty-three edges make sixty-four bins, four registers of sixteen.</summary>
    public const int MaximumEdges = 63;

    private const int Slots = 64;

    public static bool IsSupported => VectorWidth.Is512;

    public static void Count(ReadOnlySpan<float> values, ReadOnlySpan<float> edges, Span<long> counts, ref SpecialCounts special)
    {
        // Edge slots beyond the last hold +infinity, which no finite value reaches.
        Span<float> table = stackalloc float[Slots];
        table.Fill(float.PositiveInfinity);
        edges.CopyTo(table);
        Span<uint> tallies = stackalloc uint[4 * Slots];
        const int Chunk = 1 << 20;
        for (int start = 0; start < values.Length; start += Chunk)
        {
            tallies.Clear();
            CountChunk(values.Slice(start, int.Min(Chunk, values.Length - start)), table, tallies, edges, counts, ref special);
            for (int bin = 0; bin <= edges.Length; bin++)
                counts[bin] += (long)tallies[bin] + tallies[Slots + bin] + tallies[(2 * Slots) + bin] + tallies[(3 * Slots) + bin];
        }
    }

    [SkipLocalsInit]
    private static void CountChunk(
        ReadOnlySpan<float> values,
        ReadOnlySpan<float> table,
        Span<uint> tallies,
        ReadOnlySpan<float> edges,
        Span<long> counts,
        ref SpecialCounts special)
    {
        ref float edge = ref MemoryMarshal.GetReference(table);
        Vector512<float> e0 = Vector512.LoadUnsafe(ref edge);
        Vector512<float> e1 = Vector512.LoadUnsafe(ref edge, 16);
        Vector512<float> e2 = Vector512.LoadUnsafe(ref edge, 32);
        Vector512<float> e3 = Vector512.LoadUnsafe(ref edge, 48);
        Vector512<float> limit = Vector512.Create(float.MaxValue);
        ref float value = ref MemoryMarshal.GetReference(values);
        ref uint tally = ref MemoryMarshal.GetReference(tallies);
        Span<int> staged = stackalloc int[16];
        ref int stage = ref MemoryMarshal.GetReference(staged);
        bool small = edges.Length <= 31;
        Vector512<float> middle = Vector512.Create(table[31]);
        int i = 0;
        for (; i <= values.Length - 16; i += 16)
        {
            Vector512<float> x = Vector512.LoadUnsafe(ref value, (nuint)i);
            if (!Vector512.LessThanOrEqualAll(Vector512.Abs(x), limit))
            {
                for (int k = i; k < i + 16; k++)
                    BinCounter.CountOne(values[k], edges, counts, ref special);
                continue;
            }

            Vector512<int> position = Vector512<int>.Zero;
            if (!small)
                position = Vector512.GreaterThanOrEqual(x, middle).AsInt32() & Vector512.Create(32);
            position = Step(x, position, 16, e0, e1, e2, e3, small);
            position = Step(x, position, 8, e0, e1, e2, e3, small);
            position = Step(x, position, 4, e0, e1, e2, e3, small);
            position = Step(x, position, 2, e0, e1, e2, e3, small);
            position = Step(x, position, 1, e0, e1, e2, e3, small);
            position.StoreUnsafe(ref stage);
            for (int k = 0; k < 16; k += 4)
            {
                Unsafe.Add(ref tally, Unsafe.Add(ref stage, k))++;
                Unsafe.Add(ref tally, Slots + Unsafe.Add(ref stage, k + 1))++;
                Unsafe.Add(ref tally, (2 * Slots) + Unsafe.Add(ref stage, k + 2))++;
                Unsafe.Add(ref tally, (3 * Slots) + Unsafe.Add(ref stage, k + 3))++;
            }
        }

        for (; i < values.Length; i++)
            BinCounter.CountOne(values[i], edges, counts, ref special);
    }

    /// <summary>Moves on by <paramref name="width"/> where the last edge of that stretch is at or below the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Step(
        Vector512<float> x,
        Vector512<int> position,
        int width,
        Vector512<float> e0,
        Vector512<float> e1,
        Vector512<float> e2,
        Vector512<float> e3,
        bool small)
    {
        Vector512<int> probe = position + Vector512.Create(width - 1);
        Vector512<float> edge = Avx512F.PermuteVar16x32x2(e0, probe, e1);
        if (!small)
        {
            Vector512<float> upper = Avx512F.PermuteVar16x32x2(e2, probe, e3);
            Vector512<int> inUpper = Vector512.GreaterThan(probe, Vector512.Create(31));
            edge = Vector512.ConditionalSelect(inUpper.AsSingle(), upper, edge);
        }

        return position + (Vector512.GreaterThanOrEqual(x, edge).AsInt32() & Vector512.Create(width));
    }
}
