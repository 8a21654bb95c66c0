namespace Mlops.Statistics;

/// <summary>Small dense systems by Gaussian elimination with partial pivoting.</summary>
internal static class LinearSystem
{
    /// <summary>Solves in place; both arguments are overwritten.</summary>
    public static double[] Solve(double[][] matrix, double[] right)
    {
        int n = right.Length;
        for (int column = 0; column < n; column++)
        {
            int pivot = column;
            for (int row = column + 1; row < n; row++)
                pivot = Math.Abs(matrix[row][column]) > Math.Abs(matrix[pivot][column]) ? row : pivot;
            (matrix[column], matrix[pivot]) = (matrix[pivot], matrix[column]);
            (right[column], right[pivot]) = (right[pivot], right[column]);
            for (int row = column + 1; row < n; row++)
            {
                double factor = matrix[row][column] / matrix[column][column];
                if (factor == 0)
                    continue;
                for (int k = column; k < n; k++)
                    matrix[row][k] -= factor * matrix[column][k];
                right[row] -= factor * right[column];
            }
        }

        for (int row = n - 1; row >= 0; row--)
        {
            double sum = right[row];
            for (int k = row + 1; k < n; k++)
                sum -= matrix[row][k] * right[k];
            right[row] = sum / matrix[row][row];
        }

        return right;
    }
}
