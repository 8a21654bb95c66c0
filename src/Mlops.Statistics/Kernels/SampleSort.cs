using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Sorted copies without NaN, the common first step of every rank statistic.</summary>
internal static class SampleSort
{
    /// <summary>Drops NaN, turns -0 into 0, keeps infinities, sorts ascending.</summary>
    public static double[] Sorted(ReadOnlySpan<double> values)
    {
        double[] sorted = new double[values.Length];
        Array.Resize(ref sorted, SortInto(values, sorted));
        return sorted;
    }

    /// <inheritdoc cref="Sorted(ReadOnlySpan{double})"/>
    public static double[] Sorted(ReadOnlySpan<float> values)
    {
        double[] sorted = new double[values.Length];
        Array.Resize(ref sorted, SortInto(values, sorted));
        return sorted;
    }

    /// <summary>The same into a buffer at least as long; returns how many values were kept.</summary>
    public static int SortInto(ReadOnlySpan<double> values, Span<double> sorted)
    {
        int count = 0;
        foreach (double x in values)
        {
            sorted[count] = x + 0.0;
            count += double.IsNaN(x) ? 0 : 1;
        }

        RadixSort.Sort(sorted[..count]);
        return count;
    }

    /// <inheritdoc cref="SortInto(ReadOnlySpan{double}, Span{double})"/>
    /// <remarks>Sorts as floats, which is three passes instead of six, and widens at the end.</remarks>
    public static int SortInto(ReadOnlySpan<float> values, Span<double> sorted)
    {
        float[] kept = ArrayPool<float>.Shared.Rent(values.Length);
        int count = 0;
        foreach (float x in values)
        {
            kept[count] = x + 0.0f;
            count += float.IsNaN(x) ? 0 : 1;
        }

        RadixSort.Sort(kept.AsSpan(0, count));
        Widen(kept.AsSpan(0, count), sorted);
        ArrayPool<float>.Shared.Return(kept);
        return count;
    }

    /// <summary>Copies floats or doubles as doubles.</summary>
    public static void ToDoubles<T>(ReadOnlySpan<T> values, Span<double> block)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
            Widen(MemoryMarshal.Cast<T, float>(values), block);
        else
            MemoryMarshal.Cast<T, double>(values).CopyTo(block);
    }

    /// <summary>The values themselves, or floats widened into <paramref name="block"/>: one by one each would wait for the last.</summary>
    public static ReadOnlySpan<double> AsDoubles<T>(ReadOnlySpan<T> values, Span<double> block)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float))
            return MemoryMarshal.Cast<T, double>(values);
        Widen(MemoryMarshal.Cast<T, float>(values), block);
        return block[..values.Length];
    }

    /// <summary>Copies floats as doubles.</summary>
    public static void Widen(ReadOnlySpan<float> narrow, Span<double> wide)
    {
        int i = 0;
        for (; i <= narrow.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(narrow[i..]), out Vector<double> low, out Vector<double> high);
            low.CopyTo(wide[i..]);
            high.CopyTo(wide[(i + Vector<double>.Count)..]);
        }

        for (; i < narrow.Length; i++)
            wide[i] = narrow[i];
    }

    /// <summary>Type 7 (linear) quantile of a sorted, non-empty sample, as numpy's default.</summary>
    public static double Quantile(ReadOnlySpan<double> sorted, double probability)
    {
        double position = probability * (sorted.Length - 1);
        int below = int.Clamp((int)position, 0, sorted.Length - 1);
        int above = int.Min(below + 1, sorted.Length - 1);
        double a = sorted[below], b = sorted[above], t = position - below;
        if (t == 0 || a == b)
            return a;

        // From the nearer end, so that neither end is missed by rounding.
        double step = b - a;
        return t < 0.5 ? a + (step * t) : b - (step * (1 - t));
    }
}
