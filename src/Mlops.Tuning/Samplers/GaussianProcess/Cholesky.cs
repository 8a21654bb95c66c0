using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Tuning;

/// <summary>
/// K = L L' of a symmetric positive definite matrix that grows row by row, each an array of its own, so that growing copies nothing. Sums run over eight
/// fixed lanes, so that every instruction set gives the same bits, and a row that is appended gets the same bits as in a factorisation of the whole.
/// </summary>
internal sealed class Cholesky
{
    private readonly List<double[]> _rows = [];

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>Half the logarithm of the determinant.</summary>
    public double HalfLogDeterminant
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < Count; i++)
            {
                sum += Math.Log(_rows[i][i]);
            }

            return sum;
        }
    }

    /// <summary>Where the next row is to be written: its entries left of the diagonal and on it.</summary>
    public Span<double> NextRow()
    {
        if (Count == _rows.Count)
        {
            _rows.Add(new double[Count + 1]);
        }

        return _rows[Count];
    }

    /// <summary>A row of L, from its first entry to the diagonal.</summary>
    public ReadOnlySpan<double> Row(int row) => _rows[row];

    /// <summary>Factors the row that was written to <see cref="NextRow"/>; false, and no row is added, when the matrix is not positive definite.</summary>
    public bool Append()
    {
        int n = Count;
        Span<double> row = NextRow();
        for (int j = 0; j < n; j++)
        {
            double[] above = _rows[j];
            row[j] = (row[j] - Dot(row[..j], above.AsSpan(0, j))) / above[j];
        }

        double pivot = row[n] - Dot(row[..n], row[..n]);
        if (!(pivot > 0))
        {
            return false;
        }

        row[n] = Math.Sqrt(pivot);
        Count = n + 1;
        return true;
    }

    /// <summary>Drops the last rows; their memory is kept.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    /// <summary>Overwrites b with L^-1 b.</summary>
    public void SolveLower(Span<double> b)
    {
        for (int i = 0; i < Count; i++)
        {
            double[] row = _rows[i];
            b[i] = (b[i] - Dot(row.AsSpan(0, i), b[..i])) / row[i];
        }
    }

    /// <summary>Overwrites b with L'^-1 b.</summary>
    public void SolveUpper(Span<double> b)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            double[] row = _rows[i];
            b[i] /= row[i];
            Subtract(b[..i], row.AsSpan(0, i), b[i]);
        }
    }

    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector512<double> sums = Vector512<double>.Zero;
        ref double x = ref MemoryMarshal.GetReference(a);
        ref double y = ref MemoryMarshal.GetReference(b);
        int i = 0;
        for (; i <= a.Length - 8; i += 8)
        {
            sums += Vector512.LoadUnsafe(ref x, (nuint)i) * Vector512.LoadUnsafe(ref y, (nuint)i);
        }

        double sum = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            sum += sums[lane];
        }

        for (; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    private static void Subtract(Span<double> from, ReadOnlySpan<double> vector, double weight)
    {
        ref double x = ref MemoryMarshal.GetReference(from);
        ref double y = ref MemoryMarshal.GetReference(vector);
        Vector512<double> weights = Vector512.Create(weight);
        int i = 0;
        for (; i <= from.Length - 8; i += 8)
        {
            (Vector512.LoadUnsafe(ref x, (nuint)i) - (weights * Vector512.LoadUnsafe(ref y, (nuint)i))).StoreUnsafe(ref x, (nuint)i);
        }

        for (; i < from.Length; i++)
        {
            from[i] -= weight * vector[i];
        }
    }
}
