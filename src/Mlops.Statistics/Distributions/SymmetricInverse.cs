namespace Mlops.Statistics;

/// <summary>The pseudo-inverse of a small symmetric matrix without negative eigenvalues, by Jacobi's rotations.</summary>
internal static class SymmetricInverse
{
    private const int MostSweeps = 60;

    /// <summary>v' A^+ v and the rank of A.</summary>
    /// <param name="matrix">Symmetric.</param>
    /// <param name="vector">As long as the matrix is wide.</param>
    /// <param name="smallest">Eigenvalues up to this, or up to numpy's share of the largest, count as zero.</param>
    public static (double Value, int Rank) QuadraticForm(double[,] matrix, ReadOnlySpan<double> vector, double smallest)
    {
        int n = vector.Length;
        double[,] a = (double[,])matrix.Clone();
        double[] v = vector.ToArray();
        for (int sweep = 0; sweep < MostSweeps && !IsDiagonal(a, n); sweep++)
        {
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                    Rotate(a, v, p, q, n);
            }
        }

        double largest = 0;
        for (int k = 0; k < n; k++)
            largest = double.Max(largest, Math.Abs(a[k, k]));
        double zero = double.Max(smallest, largest * n * Math.ScaleB(1, -52));
        double value = 0;
        int rank = 0;
        for (int k = 0; k < n; k++)
        {
            if (!(a[k, k] > zero))
                continue;
            rank++;
            value += v[k] * v[k] / a[k, k];
        }

        return (value, rank);
    }

    /// <summary>Turns the axes p and q so that a[p, q] becomes zero; the vector turns with them.</summary>
    private static void Rotate(double[,] a, double[] v, int p, int q, int n)
    {
        if (a[p, q] == 0)
            return;
        double slope = (a[q, q] - a[p, p]) / (2 * a[p, q]);
        double tangent = 1 / (Math.Abs(slope) + Math.Sqrt((slope * slope) + 1));
        tangent = slope < 0 ? -tangent : tangent;
        double cosine = 1 / Math.Sqrt((tangent * tangent) + 1), sine = tangent * cosine;
        for (int k = 0; k < n; k++)
            (a[k, p], a[k, q]) = ((cosine * a[k, p]) - (sine * a[k, q]), (sine * a[k, p]) + (cosine * a[k, q]));
        for (int k = 0; k < n; k++)
            (a[p, k], a[q, k]) = ((cosine * a[p, k]) - (sine * a[q, k]), (sine * a[p, k]) + (cosine * a[q, k]));
        a[p, q] = a[q, p] = 0;
        (v[p], v[q]) = ((cosine * v[p]) - (sine * v[q]), (sine * v[p]) + (cosine * v[q]));
    }

    private static bool IsDiagonal(double[,] a, int n)
    {
        for (int p = 0; p < n - 1; p++)
        {
            for (int q = p + 1; q < n; q++)
            {
                if (Math.Abs(a[p, q]) > 1e-300 && Math.Abs(a[p, q]) > 1e-17 * Math.Sqrt(Math.Abs(a[p, p] * a[q, q])))
                    return false;
            }
        }

        return true;
    }
}
