using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Tuning;

/// <summary>
/// K = L L' of a symmetric positive definite matrix that grows row by row, in packed rows. Sums run over eight fixed lanes, so that every
/// instruction set gives the same bits, and a row that is appended gets the same bits as in a factorisation of the whole.
/// </summary>
internal sealed class Cholesky
{
    private double[] _lower = new double[64];
    private double[] _columns = [];

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
                sum += Math.Log(_lower[Start(i) + i]);
            }

            return sum;
        }
    }

    /// <summary>Where the next row is to be written: its entries left of the diagonal and on it.</summary>
    public Span<double> NextRow()
    {
        int end = Start(Count + 1);
        if (end > _lower.Length)
        {
            Array.Resize(ref _lower, Math.Max(end, _lower.Length * 2));
        }

        return _lower.AsSpan(Start(Count), Count + 1);
    }

    /// <summary>Factors the row that was written to <see cref="NextRow"/>; false, and no row is added, when the matrix is not positive definite.</summary>
    public bool Append()
    {
        int n = Count;
        Span<double> row = NextRow();
        for (int j = 0; j < n; j++)
        {
            row[j] = (row[j] - Dot(row[..j], _lower.AsSpan(Start(j), j))) / _lower[Start(j) + j];
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
            b[i] = (b[i] - Dot(_lower.AsSpan(Start(i), i), b[..i])) / _lower[Start(i) + i];
        }
    }

    /// <summary>Overwrites b with L'^-1 b.</summary>
    public void SolveUpper(Span<double> b)
    {
        for (int i = Count - 1; i >= 0; i--)
        {
            b[i] /= _lower[Start(i) + i];
            Subtract(b[..i], _lower.AsSpan(Start(i), i), b[i]);
        }
    }

    /// <summary>Fills the lower half of K^-1, in full rows.</summary>
    /// <param name="inverse">Room for n^2 numbers; what is above the diagonal is left as it is.</param>
    public void Invert(double[] inverse)
    {
        // Row i holds column i of L^-1, from the diagonal on.
        int n = Count;
        if (_columns.Length < n * n)
        {
            _columns = new double[n * n];
        }

        for (int i = 0; i < n; i++)
        {
            Span<double> column = _columns.AsSpan(i * n, n);
            column[i] = 1 / _lower[Start(i) + i];
            for (int k = i + 1; k < n; k++)
            {
                column[k] = -Dot(_lower.AsSpan(Start(k) + i, k - i), column[i..k]) / _lower[Start(k) + k];
            }
        }

        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                inverse[(i * n) + j] = Dot(_columns.AsSpan((i * n) + i, n - i), _columns.AsSpan((j * n) + i, n - i));
            }
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

    private static int Start(int row) => row * (row + 1) / 2;

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
