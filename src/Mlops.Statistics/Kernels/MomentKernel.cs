using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// Blocked two-pass central moments. Each block of <see cref="BlockLength"/> values is shifted by a pivot near the data,
/// read once for its mean and extremes, read again from the first-level cache for its central powers, and merged into
/// the total by Chan's and Pebay's formulas.
/// </summary>
internal static class MomentKernel
{
    public const int BlockLength = 2048;
    private const int PivotSample = 31;

    public static Moments Compute<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (VectorWidth.Is512)
            return Compute<Lanes512, T>(values);
        return VectorWidth.Is256 ? Compute<Lanes256, T>(values) : Compute<Lanes128, T>(values);
    }

    /// <summary>One width by name, for the tests that compare them.</summary>
    internal static Moments Compute<TLanes, T>(ReadOnlySpan<T> values)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        if (values.IsEmpty)
            return default;
        double pivot = ChoosePivot(values);
        MomentSums total = default;
        for (int start = 0; start < values.Length; start += BlockLength)
            total.Merge(Block<TLanes, T>(values.Slice(start, int.Min(BlockLength, values.Length - start)), pivot));
        return new Moments(pivot, total);
    }

    /// <summary>
    /// The median of up to 31 finite values spread over the first block. Any pivot is correct; one near the data keeps
    /// the digits that a large offset would cost, and a median is not moved by an outlier.
    /// </summary>
    private static double ChoosePivot<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        ReadOnlySpan<T> block = values[..int.Min(BlockLength, values.Length)];
        Span<double> sample = stackalloc double[PivotSample];
        int taken = 0;
        int stride = int.Max(1, block.Length / PivotSample);
        for (int i = 0; i < block.Length && taken < PivotSample; i += stride)
        {
            double x = Widen(block[i]);
            if (double.IsFinite(x))
                sample[taken++] = x;
        }

        for (int i = 0; taken == 0 && i < values.Length; i++)
        {
            double x = Widen(values[i]);
            if (double.IsFinite(x))
                sample[taken++] = x;
        }

        if (taken == 0)
            return 0;
        sample = sample[..taken];
        for (int i = 1; i < sample.Length; i++)
        {
            double x = sample[i];
            int j = i - 1;
            for (; j >= 0 && sample[j] > x; j--)
                sample[j + 1] = sample[j];
            sample[j + 1] = x;
        }

        return sample[taken / 2] + 0.0;
    }

    private static MomentSums Block<TLanes, T>(ReadOnlySpan<T> block, double pivot)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        int whole = block.Length & -LaneTree.Count;
        ref T first = ref MemoryMarshal.GetReference(block);
        Span<double> padded = stackalloc double[LaneTree.Count];
        padded.Fill(double.NaN);
        for (int i = whole; i < block.Length; i++)
            padded[i - whole] = Widen(block[i]);
        TLanes tail = TLanes.Load(ref MemoryMarshal.GetReference(padded));

        (double sum, double min, double max) = FirstPass<TLanes, T>(ref first, whole, tail, pivot);
        int tailCount = TLanes.CountSet(TLanes.FiniteMask(tail));
        MomentSums result = default;
        if (double.IsFinite(sum) && tailCount == block.Length - whole)
        {
            result.Count = block.Length;
            result.Offset = sum / result.Count;
            result.Min = min + 0.0;
            result.Max = max + 0.0;
            SecondPass<TLanes, T>(ref first, whole, tail, pivot, ref result);
            return result;
        }

        (sum, min, max, int count) = FirstPassMasked<TLanes, T>(ref first, whole, tail, pivot);
        CountSpecials(block, ref result);
        if (count == 0)
            return result;
        result.Count = count;
        result.Offset = sum / count;
        result.Min = min + 0.0;
        result.Max = max + 0.0;
        SecondPassMasked<TLanes, T>(ref first, whole, tail, pivot, ref result);
        return result;
    }

    private static (double Sum, double Min, double Max) FirstPass<TLanes, T>(ref T first, int whole, TLanes tail, double pivot)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes shift = TLanes.Create(pivot);
        TLanes mask = TLanes.FiniteMask(tail);
        Extremes<TLanes> lanes = new()
        {
            Sum = (tail - shift) & mask,
            Min = TLanes.Select(mask, tail, TLanes.Create(double.PositiveInfinity)),
            Max = TLanes.Select(mask, tail, TLanes.Create(double.NegativeInfinity)),
        };
        AddExtremes<TLanes, T>(ref first, whole, shift, ref lanes);
        return (LaneTree.Sum(lanes.Sum), LaneTree.Min(lanes.Min), LaneTree.Max(lanes.Max));
    }

    private static (double Sum, double Min, double Max, int Count) FirstPassMasked<TLanes, T>(
        ref T first, int whole, TLanes tail, double pivot)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes shift = TLanes.Create(pivot);
        TLanes mask = TLanes.FiniteMask(tail);
        Extremes<TLanes> lanes = new()
        {
            Sum = (tail - shift) & mask,
            Min = TLanes.Select(mask, tail, TLanes.Create(double.PositiveInfinity)),
            Max = TLanes.Select(mask, tail, TLanes.Create(double.NegativeInfinity)),
        };
        int count = TLanes.CountSet(mask) + AddExtremesMasked<TLanes, T>(ref first, whole, shift, ref lanes);
        return (LaneTree.Sum(lanes.Sum), LaneTree.Min(lanes.Min), LaneTree.Max(lanes.Max), count);
    }

    private static void SecondPass<TLanes, T>(ref T first, int whole, TLanes tail, double pivot, ref MomentSums result)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        Powers<TLanes> lanes = Powers<TLanes>.Of(tail, pivot, result.Offset);
        AddPowers<TLanes, T>(ref first, whole, TLanes.Create(pivot), TLanes.Create(result.Offset), ref lanes);
        result.Recenter(LaneTree.Sum(lanes.S1), LaneTree.Sum(lanes.S2), LaneTree.Sum(lanes.S3), LaneTree.Sum(lanes.S4));
    }

    private static void SecondPassMasked<TLanes, T>(ref T first, int whole, TLanes tail, double pivot, ref MomentSums result)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        Powers<TLanes> lanes = Powers<TLanes>.Of(tail, pivot, result.Offset);
        AddPowersMasked<TLanes, T>(ref first, whole, TLanes.Create(pivot), TLanes.Create(result.Offset), ref lanes);
        result.Recenter(LaneTree.Sum(lanes.S1), LaneTree.Sum(lanes.S2), LaneTree.Sum(lanes.S3), LaneTree.Sum(lanes.S4));
    }

    // The loops stand alone: a call in the same method would make the compiler keep the accumulators in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddExtremes<TLanes, T>(ref T first, int whole, TLanes shift, ref Extremes<TLanes> lanes)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes sum = lanes.Sum, min = lanes.Min, max = lanes.Max;
        for (int i = 0; i < whole; i += LaneTree.Count)
        {
            TLanes x = Load<TLanes, T>(ref first, i);
            sum += x - shift;
            min = TLanes.Min(x, min);
            max = TLanes.Max(x, max);
        }

        lanes.Sum = sum;
        lanes.Min = min;
        lanes.Max = max;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int AddExtremesMasked<TLanes, T>(ref T first, int whole, TLanes shift, ref Extremes<TLanes> lanes)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes high = TLanes.Create(double.PositiveInfinity);
        TLanes low = TLanes.Create(double.NegativeInfinity);
        TLanes sum = lanes.Sum, min = lanes.Min, max = lanes.Max;
        int count = 0;
        for (int i = 0; i < whole; i += LaneTree.Count)
        {
            TLanes x = Load<TLanes, T>(ref first, i);
            TLanes mask = TLanes.FiniteMask(x);
            count += TLanes.CountSet(mask);
            sum += (x - shift) & mask;
            min = TLanes.Min(TLanes.Select(mask, x, high), min);
            max = TLanes.Max(TLanes.Select(mask, x, low), max);
        }

        lanes.Sum = sum;
        lanes.Min = min;
        lanes.Max = max;
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddPowers<TLanes, T>(ref T first, int whole, TLanes shift, TLanes center, ref Powers<TLanes> lanes)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes s1 = lanes.S1, s2 = lanes.S2, s3 = lanes.S3, s4 = lanes.S4;
        for (int i = 0; i < whole; i += LaneTree.Count)
        {
            TLanes d = (Load<TLanes, T>(ref first, i) - shift) - center;
            TLanes d2 = d * d;
            s1 += d;
            s2 += d2;
            s3 = TLanes.MultiplyAdd(d2, d, s3);
            s4 = TLanes.MultiplyAdd(d2, d2, s4);
        }

        lanes.S1 = s1;
        lanes.S2 = s2;
        lanes.S3 = s3;
        lanes.S4 = s4;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AddPowersMasked<TLanes, T>(ref T first, int whole, TLanes shift, TLanes center, ref Powers<TLanes> lanes)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged
    {
        TLanes s1 = lanes.S1, s2 = lanes.S2, s3 = lanes.S3, s4 = lanes.S4;
        for (int i = 0; i < whole; i += LaneTree.Count)
        {
            TLanes x = Load<TLanes, T>(ref first, i);
            TLanes d = ((x - shift) - center) & TLanes.FiniteMask(x);
            TLanes d2 = d * d;
            s1 += d;
            s2 += d2;
            s3 = TLanes.MultiplyAdd(d2, d, s3);
            s4 = TLanes.MultiplyAdd(d2, d2, s4);
        }

        lanes.S1 = s1;
        lanes.S2 = s2;
        lanes.S3 = s3;
        lanes.S4 = s4;
    }

    private static void CountSpecials<T>(ReadOnlySpan<T> block, ref MomentSums result)
        where T : unmanaged
    {
        foreach (T value in block)
        {
            double x = Widen(value);
            if (double.IsNaN(x))
                result.NaNCount++;
            else if (double.IsPositiveInfinity(x))
                result.PositiveInfinityCount++;
            else if (double.IsNegativeInfinity(x))
                result.NegativeInfinityCount++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load<TLanes, T>(ref T first, int index)
        where TLanes : struct, ILanes<TLanes>
        where T : unmanaged =>
        typeof(T) == typeof(float)
            ? TLanes.Load(ref Unsafe.As<T, float>(ref Unsafe.Add(ref first, index)))
            : TLanes.Load(ref Unsafe.As<T, double>(ref Unsafe.Add(ref first, index)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Widen<T>(T value)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Unsafe.BitCast<T, float>(value) : Unsafe.BitCast<T, double>(value);

    private struct Extremes<TLanes>
        where TLanes : struct, ILanes<TLanes>
    {
        public TLanes Sum;
        public TLanes Min;
        public TLanes Max;
    }

    private struct Powers<TLanes>
        where TLanes : struct, ILanes<TLanes>
    {
        public TLanes S1;
        public TLanes S2;
        public TLanes S3;
        public TLanes S4;

        /// <summary>The powers of the finite values among the last, incomplete sixteen.</summary>
        public static Powers<TLanes> Of(TLanes tail, double pivot, double offset)
        {
            TLanes d = ((tail - TLanes.Create(pivot)) - TLanes.Create(offset)) & TLanes.FiniteMask(tail);
            TLanes d2 = d * d;
            return new() { S1 = d, S2 = d2, S3 = d2 * d, S4 = d2 * d2 };
        }
    }
}
