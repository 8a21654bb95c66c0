namespace Mlops.Tuning;

/// <summary>Eigenvalues and eigenvectors of small symmetric matrices by cyclic Jacobi rotations (Golub and Van Loan, section 8.5).</summary>
internal static class SymmetricEigen
{
    private const int MaximumSweeps = 60;

    /// <summary>Decomposes a matrix, which is overwritten.</summary>
    /// <param name="matrix">Symmetric rows; only sums of both halves are right, so it must be symmetric exactly.</param>
    /// <param name="values">Receives the eigenvalues, in no particular order.</param>
    /// <param name="vectors">Receives the eigenvectors as columns.</param>
    public static void Decompose(double[][] matrix, double[] values, double[][] vectors)
    {
        int n = values.Length;
        for (int i = 0; i < n; i++)
        {
            Array.Clear(vectors[i]);
            vectors[i][i] = 1;
        }

        for (int sweep = 0; sweep < MaximumSweeps && !IsDiagonal(matrix); sweep++)
        {
            for (int p = 0; p < n - 1; p++)
            {
                for (int q = p + 1; q < n; q++)
                {
                    Rotate(matrix, vectors, p, q);
                }
            }
        }

        for (int i = 0; i < n; i++)
        {
            values[i] = matrix[i][i];
        }
    }

    private static bool IsDiagonal(double[][] matrix)
    {
        for (int p = 0; p < matrix.Length; p++)
        {
            for (int q = p + 1; q < matrix.Length; q++)
            {
                // Below the last bit of both diagonal entries a rotation changes nothing that is read.
                if (Math.Abs(matrix[p][q]) > 1e-17 * (Math.Abs(matrix[p][p]) + Math.Abs(matrix[q][q])))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static void Rotate(double[][] matrix, double[][] vectors, int p, int q)
    {
        double off = matrix[p][q];
        if (off == 0)
        {
            return;
        }

        double theta = (matrix[q][q] - matrix[p][p]) / (2 * off);
        double tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt((theta * theta) + 1));
        double cosine = 1 / Math.Sqrt((tangent * tangent) + 1);
        double sine = tangent * cosine;
        for (int i = 0; i < matrix.Length; i++)
        {
            if (i != p && i != q)
            {
                double first = (cosine * matrix[i][p]) - (sine * matrix[i][q]);
                double second = (sine * matrix[i][p]) + (cosine * matrix[i][q]);
                matrix[i][p] = matrix[p][i] = first;
                matrix[i][q] = matrix[q][i] = second;
            }

            (vectors[i][p], vectors[i][q]) = ((cosine * vectors[i][p]) - (sine * vectors[i][q]), (sine * vectors[i][p]) + (cosine * vectors[i][q]));
        }

        matrix[p][p] -= tangent * off;
        matrix[q][q] += tangent * off;
        matrix[p][q] = matrix[q][p] = 0;
    }
}
