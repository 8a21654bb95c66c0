using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>Which cell a value lies in: a monotone function, the same at every vector width.</summary>
internal readonly struct CellRule
{
    // 2^52: a sum with a small number rounds it to an integer, which the low bits then hold.
    private const double RoundsToInteger = 4_503_599_627_370_496;

    private readonly int _cells;
    private readonly double _low;
    private readonly double _scale;
    private readonly long _lowKey;
    private readonly int _shift;

    private CellRule(int cells, double low, double scale, long lowKey, int shift)
    {
        _cells = cells;
        _low = low;
        _scale = scale;
        _lowKey = lowKey;
        _shift = shift;
    }

    /// <summary>The rules to try, in this order, for the middle 99.8 % of an ascending sample; none where that is empty or infinite.</summary>
    public static ReadOnlySpan<CellRule> For(ReadOnlySpan<double> sorted, int cells)
    {
        if (sorted.IsEmpty)
            return [];
        double low = SampleSort.Quantile(sorted, 0.001), high = SampleSort.Quantile(sorted, 0.999);
        return high > low && double.IsFinite(high - low) ? new[] { Linear(low, high, cells), Logarithmic(low, high, cells) } : [];
    }

    /// <summary>The middle of the first cell.</summary>
    public double Low => _low;

    /// <summary>Cells per unit of the values, where cells are of equal width.</summary>
    public double Scale => _scale;

    /// <summary>Where a value lies on the scale on which cell c reaches from c - 1/2 to c + 1/2, but for the outermost, which are open.</summary>
    public double Position(double value) => (value - _low) * _scale;

    /// <summary>Cells of equal width.</summary>
    public static CellRule Linear(double low, double high, int cells) => new(cells, low, cells / (high - low), 0, 0);

    /// <summary>Cells of equal width in the sortable key.</summary>
    public static CellRule Logarithmic(double low, double high, int cells)
    {
        long lowKey = SignedKey(low);
        int shift = 1;
        while (((ulong)SignedKey(high) - (ulong)lowKey) >> shift >= (ulong)cells)
            shift++;
        return new(cells, low, 0, lowKey, shift);
    }

    /// <summary>Leaves each value's cell in the low 16 bits in its place; NaN get the number of cells.</summary>
    public void Apply(Span<double> block)
    {
        Span<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(block);
        if (_shift == 0)
            ApplyLinear(vectors);
        else
            ApplyLogarithmic(vectors);
    }

    private void ApplyLinear(Span<Vector<double>> vectors)
    {
        Vector<double> low = new(_low), scale = new(_scale), last = new(_cells - 1), nan = new(_cells), rounds = new(RoundsToInteger);
        for (int i = 0; i < vectors.Length; i++)
        {
            Vector<double> x = vectors[i];
            Vector<double> at = Vector.MinNative(Vector.MaxNative((x - low) * scale, Vector<double>.Zero), last);
            vectors[i] = Vector.ConditionalSelect(Vector.Equals(x, x), at, nan) + rounds;
        }
    }

    private void ApplyLogarithmic(Span<Vector<double>> vectors)
    {
        Vector<double> lowest = new(_low);
        Vector<long> low = new(_lowKey), last = new(_cells - 1), nan = new(_cells);
        for (int i = 0; i < vectors.Length; i++)
        {
            // Below the first cell the difference could overflow; -0 becomes 0.
            Vector<double> x = Vector.MaxNative(vectors[i], lowest) + Vector<double>.Zero;
            Vector<long> bits = Vector.AsVectorInt64(x);
            Vector<long> key = bits ^ ((bits >> 63) & new Vector<long>(long.MaxValue));
            Vector<long> at = Vector.Min((key - low) >>> _shift, last);
            vectors[i] = Vector.AsVectorDouble(Vector.ConditionalSelect(Vector.Equals(vectors[i], vectors[i]), at, nan));
        }
    }

    private static long SignedKey(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value + 0.0);
        return bits ^ ((bits >> 63) & long.MaxValue);
    }
}
