using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlops.Tuning;

/// <summary>
/// K = L L' of a symmetric positive definite matrix in rows. Sums run over eight fixed lanes, so that every instruction set gives the same bits.
/// </summary>
internal sealed class Cholesky
{
    private readonly int _n;
    private readonly double[] _lower;

    private Cholesky(int n, double[] lower)
    {
        _n = n;
        _lower = lower;
    }

    /// <summary>Half the logarithm of the determinant.</summary>
    public double HalfLogDeterminant { get; private set; }

    /// <summary>Factors a matrix of n rows, of which the lower half is read and overwritten; null when it is not positive definite.</summary>
    public static Cholesky? Factor(double[] matrix, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            Span<double> row = matrix.AsSpan(i * n, n);
            for (int j = 0; j < i; j++)
            {
                row[j] = (row[j] - Dot(row[..j], matrix.AsSpan(j * n, j))) / matrix[(j * n) + j];
            }

            double pivot = row[i] - Dot(row[..i], row[..i]);
            if (!(pivot > 0))
            {
                return null;
            }

            row[i] = Math.Sqrt(pivot);
            sum += Math.Log(row[i]);
        }

        return new Cholesky(n, matrix) { HalfLogDeterminant = sum };
    }

    /// <summary>Overwrites b with L^-1 b.</summary>
    public void SolveLower(Span<double> b)
    {
        for (int i = 0; i < _n; i++)
        {
            b[i] = (b[i] - Dot(_lower.AsSpan(i * _n, i), b[..i])) / _lower[(i * _n) + i];
        }
    }

    /// <summary>Overwrites b with L'^-1 b.</summary>
    public void SolveUpper(Span<double> b)
    {
        for (int i = _n - 1; i >= 0; i--)
        {
            b[i] /= _lower[(i * _n) + i];
            Subtract(b[..i], _lower.AsSpan(i * _n, i), b[i]);
        }
    }

    /// <summary>K^-1 in full rows.</summary>
    public double[] Inverse()
    {
        // Row i holds column i of L^-1, from the diagonal on.
        double[] columns = new double[_n * _n];
        for (int i = 0; i < _n; i++)
        {
            Span<double> column = columns.AsSpan(i * _n, _n);
            column[i] = 1 / _lower[(i * _n) + i];
            for (int k = i + 1; k < _n; k++)
            {
                column[k] = -Dot(_lower.AsSpan((k * _n) + i, k - i), column[i..k]) / _lower[(k * _n) + k];
            }
        }

        double[] inverse = new double[_n * _n];
        for (int i = 0; i < _n; i++)
        {
            for (int j = i; j < _n; j++)
            {
                inverse[(i * _n) + j] = inverse[(j * _n) + i] = Dot(columns.AsSpan((i * _n) + j, _n - j), columns.AsSpan((j * _n) + j, _n - j));
            }
        }

        return inverse;
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
