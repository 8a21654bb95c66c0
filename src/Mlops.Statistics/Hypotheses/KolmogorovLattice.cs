using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// The exact null law of the two-sample Kolmogorov-Smirnov statistic: every order of the pooled sample is equally likely, so
/// an order is a lattice path from (0, 0) to (n, m), and the p-value is the share of paths that leave the band
/// |i m - j n| &lt; h (Hodges 1957). With ties a path is checked only after each group of equal values, which makes the law
/// conditional on the ties (Schroer and Trenkler 1995).
/// </summary>
/// <remarks>
/// Steps along anti-diagonals s = i + j carry, per point, the share of all paths to it that stayed inside; a path's first
/// exit adds that share times the point's hypergeometric probability. Every term is positive, so the sum of exits keeps its
/// relative accuracy (about 1e-12) for p from 1 down to any exponent.
/// </remarks>
internal static class KolmogorovLattice
{
    /// <summary>log P(n m D &gt;= <paramref name="h"/>), or null when the band holds more than <paramref name="maximumCells"/> points.</summary>
    /// <param name="n">Size of the first sample, at least 1.</param>
    /// <param name="m">Size of the second sample, at least 1.</param>
    /// <param name="h">The observed numerator |i m - j n|.</param>
    /// <param name="groups">Sizes of the groups of equal values; empty when nothing is tied.</param>
    /// <param name="maximumCells">Most lattice points to visit.</param>
    public static double? LogSurvival(int n, int m, long h, ReadOnlySpan<int> groups, long maximumCells)
    {
        if (h <= 0)
            return 0;
        int total = checked(n + m);
        if (CountCells(n, m, h, groups, maximumCells) > maximumCells)
            return null;

        // One guard slot on either side of 0..n; slots outside the current range hold zero.
        double[] share = new double[n + 3];
        ref double at = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(share), 1);
        at = 1;
        LogFactorials factorials = LogFactorials.UpTo(total);
        ExitSum exits = default;
        Range range = new(0, 0);
        GroupEnds ends = new(groups);
        for (int s = 1; s <= total; s++)
        {
            Range reach = range.Grow(s, n, m);
            Step(ref at, reach, s);
            if (reach.Low > range.Low)
                Unsafe.Add(ref at, range.Low) = 0;
            if (ends.IsEnd(s))
            {
                Range inside = reach.Inside(s, n, total, h);
                for (int i = reach.Low; i < inside.Low; i++)
                    Leave(ref at, i, s, n, m, factorials, ref exits);
                for (int i = inside.High + 1; i <= reach.High; i++)
                    Leave(ref at, i, s, n, m, factorials, ref exits);
                if (inside.Low > inside.High)
                    break;
                range = inside;
            }
            else
            {
                range = reach;
            }
        }

        return double.Min(0, exits.Log);
    }

    private static void Leave(ref double at, int i, int s, int n, int m, LogFactorials factorials, ref ExitSum exits)
    {
        double share = Unsafe.Add(ref at, i);
        Unsafe.Add(ref at, i) = 0;
        if (share > 0)
            exits.Add(Math.Log(share) + factorials.LogHypergeometric(i, n, m, s));
    }

    /// <summary>
    /// Moves from diagonal s - 1 to s in place, highest index first: of the paths to (i, s - i), the part i / s came by a
    /// first-sample step.
    /// </summary>
    private static void Step(ref double at, Range reach, int s)
    {
        double inverse = 1.0 / s;
        int i = reach.High;
        int width = Vector<double>.Count;
        Vector<double> descending = Vector<double>.Indices - new Vector<double>(width - 1);
        for (; i - width + 1 >= reach.Low; i -= width)
        {
            ref double first = ref Unsafe.Add(ref at, i - width + 1);
            Vector<double> stay = Vector.LoadUnsafe(ref first);
            Vector<double> move = Vector.LoadUnsafe(ref Unsafe.Add(ref first, -1));
            Vector<double> index = new Vector<double>(i) + descending;
            Vector<double> next = ((move * index) + (stay * (new Vector<double>(s) - index))) * new Vector<double>(inverse);
            next.StoreUnsafe(ref first);
        }

        for (; i >= reach.Low; i--)
        {
            ref double here = ref Unsafe.Add(ref at, i);
            here = ((Unsafe.Add(ref here, -1) * i) + (here * (s - i))) * inverse;
        }
    }

    private static long CountCells(int n, int m, long h, ReadOnlySpan<int> groups, long maximumCells)
    {
        // Without ties the band's own area decides, with them the reach between two checks must be walked.
        if (groups.IsEmpty)
            return long.Min(2 * h, (long)n * m);
        if ((long)n * m <= maximumCells)
            return (long)n * m;
        long cells = 0;
        Range range = new(0, 0);
        GroupEnds ends = new(groups);
        for (int s = 1; s <= n + m && cells <= maximumCells; s++)
        {
            range = range.Grow(s, n, m);
            if (ends.IsEnd(s))
                range = range.Inside(s, n, n + m, h);
            if (range.Low > range.High)
                break;
            cells += range.High - range.Low + 1;
        }

        return cells;
    }

    private readonly record struct Range(int Low, int High)
    {
        public Range Grow(int s, int n, int m) => new(int.Max(Low, s - m), int.Min(int.Min(High + 1, s), n));

        /// <summary>The indices with |i (n + m) - s n| &lt; h.</summary>
        public Range Inside(int s, int n, int total, long h)
        {
            long center = (long)s * n;
            long low = FloorDivide(center - h, total) + 1;
            long high = -(FloorDivide(-(center + h), total) + 1);
            return new((int)long.Max(Low, low), (int)long.Min(High, high));
        }

        private static long FloorDivide(long a, long b)
        {
            long quotient = a / b;
            return (a % b != 0 && a < 0) ? quotient - 1 : quotient;
        }
    }

    /// <summary>Asked for s = 1, 2, ... in order, tells which end a group.</summary>
    private ref struct GroupEnds(ReadOnlySpan<int> groups)
    {
        private readonly ReadOnlySpan<int> _groups = groups;
        private int _index = 0;
        private int _end = groups.IsEmpty ? 0 : groups[0];

        public bool IsEnd(int s)
        {
            if (_groups.IsEmpty)
                return true;
            if (s < _end)
                return false;
            if (++_index < _groups.Length)
                _end += _groups[_index];
            return true;
        }
    }

    /// <summary>The logarithm of a sum of exponentials.</summary>
    private struct ExitSum
    {
        private double _largest;
        private double _sum;

        public readonly double Log => _sum > 0 ? _largest + Math.Log(_sum) : double.NegativeInfinity;

        public void Add(double log)
        {
            if (_sum == 0)
            {
                _largest = log;
                _sum = 1;
            }
            else if (log <= _largest)
            {
                _sum += Math.Exp(log - _largest);
            }
            else
            {
                _sum = (_sum * Math.Exp(_largest - log)) + 1;
                _largest = log;
            }
        }
    }
}
