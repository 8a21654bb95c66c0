using System.Buffers;
using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>
/// The compactors of a <see cref="KllSketch"/>: a value on level h stands for 2^h values. A full level is sorted and every second value
/// goes up, the odd ones or the even ones by a coin.
/// </summary>
/// <remarks>
/// A compaction at level h moves the rank of any fixed x by 0 or by 2^h, up or down by its coin. Every second compaction of a level takes the
/// coin opposite to the one before, so two of them together move it by at most 2^h, not 2 * 2^h: <see cref="Variance"/> counts 4^h for
/// each pair.
/// </remarks>
internal sealed class KllLevels
{
    public const int MaximumLevels = 62;

    /// <summary>Level 0 holds at least so many, or sorting it by radix would not pay.</summary>
    private const int LeastBase = 2_048;
    private const int LeastCapacity = 8;

    private readonly double[] _base;
    private double[][] _levels = [[]];
    private int[] _sizes = [0];

    public KllLevels(int k, ulong seed)
    {
        K = k;
        State = seed;
        _base = new double[BaseCapacity(k)];
    }

    public int K { get; }

    /// <summary>The highest level in use.</summary>
    public int Top => _levels.Length - 1;

    /// <summary>State of the generator of coins.</summary>
    public ulong State { get; private set; }

    /// <summary>The latest coin of each level.</summary>
    public ulong Coins { get; private set; }

    /// <summary>Levels whose next coin is the opposite of the latest.</summary>
    public ulong Pending { get; private set; }

    /// <summary>Bound on the variance, and variance proxy, of the rank of any fixed x.</summary>
    public double Variance { get; private set; }

    public static int BaseCapacity(int k) => int.Max(LeastBase, k + (k & 1));

    /// <summary>Values that level 1 or above may hold while <paramref name="top"/> is the highest: k (2/3)^(top - level), 8 at least.</summary>
    public static int Capacity(int k, int level, int top)
    {
        // Products round alike on every machine, powers do not.
        double capacity = k;
        for (; level < top && capacity > LeastCapacity; level++)
            capacity *= 2.0 / 3;
        return int.Max(LeastCapacity, (int)Math.Ceiling(capacity));
    }

    /// <summary>Sorted but for level 0.</summary>
    public ReadOnlySpan<double> Level(int level) => (level == 0 ? _base : _levels[level]).AsSpan(0, _sizes[level]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(double value)
    {
        ref int size = ref _sizes[0];
        _base[size] = value;
        if (++size == _base.Length)
            CompactBase();
    }

    /// <summary>Takes the values of another sketch of equal k, level by level.</summary>
    public void Merge(KllLevels other)
    {
        Variance += other.Variance;
        State = StableHash.Of(State ^ other.State);
        for (int level = 1; level <= other.Top; level++)
        {
            EnsureLevel(level);
            double[] merged = new double[_sizes[level] + other._sizes[level]];
            MergeSorted(Level(level), other.Level(level), merged);
            _levels[level] = merged;
            _sizes[level] = merged.Length;
        }

        foreach (double value in other.Level(0))
            Add(value);
        for (int level = 1; level <= Top; level++)
        {
            if (_sizes[level] > Capacity(K, level, Top))
                Raise(level, []);
        }
    }

    /// <summary>Puts back what a binary form recorded; the caller has checked it.</summary>
    public void Restore(double[][] levels, ulong coins, ulong pending, double variance)
    {
        levels[0].CopyTo(_base, 0);
        _sizes = Array.ConvertAll(levels, level => level.Length);
        _levels = [[], .. levels.AsSpan(1)];
        Coins = coins;
        Pending = pending;
        Variance = variance;
    }

    private void CompactBase()
    {
        BlockSort.Sort(_base);
        double[] run = ArrayPool<double>.Shared.Rent(_base.Length / 2);
        Halve(0, _base, run);
        _sizes[0] = 0;
        Raise(1, run.AsSpan(0, _base.Length / 2));
        ArrayPool<double>.Shared.Return(run);
    }

    /// <summary>Adds a sorted run to a level and, as long as one is too full, its half to the next.</summary>
    private void Raise(int level, ReadOnlySpan<double> run)
    {
        double[]? raised = null;
        while (true)
        {
            EnsureLevel(level);
            int size = _sizes[level] + run.Length;
            double[] merged = ArrayPool<double>.Shared.Rent(size);
            MergeSorted(Level(level), run, merged);
            if (raised is not null)
                ArrayPool<double>.Shared.Return(raised);
            if (size <= Capacity(K, level, Top))
            {
                Store(level, merged.AsSpan(0, size));
                ArrayPool<double>.Shared.Return(merged);
                return;
            }

            // An odd one out waits for the next compaction; which one depends on counts only, as the bound requires.
            int even = size & ~1;
            raised = ArrayPool<double>.Shared.Rent(even / 2);
            Halve(level, merged.AsSpan(0, even), raised);
            Store(level, merged.AsSpan(even, size - even));
            ArrayPool<double>.Shared.Return(merged);
            run = raised.AsSpan(0, even / 2);
            level++;
        }
    }

    private void Halve(int level, ReadOnlySpan<double> sorted, Span<double> half)
    {
        int offset = Toss(level, sorted) ? 1 : 0;
        for (int i = 0; i < sorted.Length / 2; i++)
            half[i] = sorted[(2 * i) + offset];
    }

    /// <summary>The values go into the coin, so that sketches of equal seed and other data do not err alike.</summary>
    private bool Toss(int level, ReadOnlySpan<double> sorted)
    {
        ulong bit = 1ul << level;
        if ((Pending & bit) != 0)
        {
            Pending &= ~bit;
            return (Coins & bit) == 0;
        }

        ulong sum = 0;
        foreach (double value in sorted)
            sum += BitConverter.DoubleToUInt64Bits(value);
        State = StableHash.Of(State ^ sum);
        Coins = (State & 1) != 0 ? Coins | bit : Coins & ~bit;
        Pending |= bit;
        Variance += Math.ScaleB(1, 2 * level);
        return (Coins & bit) != 0;
    }

    private void Store(int level, ReadOnlySpan<double> values)
    {
        if (_levels[level].Length < values.Length)
            _levels[level] = new double[values.Length];
        values.CopyTo(_levels[level]);
        _sizes[level] = values.Length;
    }

    private void EnsureLevel(int level)
    {
        if (level <= Top)
            return;
        _levels = [.. _levels, []];
        _sizes = [.. _sizes, 0];
    }

    private static void MergeSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y, Span<double> merged)
    {
        // Which side comes next is a coin toss to a branch predictor, so there is no branch on it.
        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            double a = x[i], b = y[j];
            merged[i + j] = double.MinNative(a, b);
            int first = a <= b ? 1 : 0;
            i += first;
            j += 1 - first;
        }

        x[i..].CopyTo(merged[(i + j)..]);
        y[j..].CopyTo(merged[(x.Length + j)..]);
    }
}
