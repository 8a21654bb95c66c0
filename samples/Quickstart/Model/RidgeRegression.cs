using MathNet.Numerics.LinearAlgebra;

namespace Quickstart;

/// <summary>Weighted least squares with an L2 penalty on standardised features; the intercept is free (Hoerl and Kennard, 1970).</summary>
public static class RidgeRegression
{
    /// <summary>Minimises sum w (y - a - b·z)² / sum w + lambda |b|², z being the features at weighted mean 0 and variance 1.</summary>
    /// <param name="features">One array per row, all of one length.</param>
    /// <param name="targets">One per row.</param>
    /// <param name="lambda">Above 0. Free of the number of rows, so that one value suits every window.</param>
    /// <param name="weights">Importance per row, 0 or more; null means all equal.</param>
    public static LinearModel Fit(IReadOnlyList<float[]> features, IReadOnlyList<double> targets, double lambda, IReadOnlyList<double>? weights = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(features.Count, nameof(features));
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Count, features.Count, nameof(targets));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lambda);
        if (weights is not null)
            ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Count, features.Count, nameof(weights));

        int rows = features.Count, columns = features[0].Length;
        double[] share = Shares(rows, weights);
        double targetMean = 0;
        for (int i = 0; i < rows; i++)
            targetMean += share[i] * targets[i];
        (double[] mean, double[] scale) = Standardisation(features, share, columns);

        // Rows carry the square root of their share, so that the Gram matrix is the weighted correlation matrix.
        Matrix<double> z = Matrix<double>.Build.Dense(rows, columns);
        Vector<double> t = Vector<double>.Build.Dense(rows);
        for (int i = 0; i < rows; i++)
        {
            double root = Math.Sqrt(share[i]);
            t[i] = root * (targets[i] - targetMean);
            for (int j = 0; j < columns; j++)
                z[i, j] = scale[j] == 0 ? 0 : root * (features[i][j] - mean[j]) / scale[j];
        }

        Matrix<double> gram = z.TransposeThisAndMultiply(z);
        for (int j = 0; j < columns; j++)
            gram[j, j] += lambda;
        Vector<double> solution = gram.Cholesky().Solve(z.TransposeThisAndMultiply(t));

        double[] slopes = new double[columns];
        double intercept = targetMean;
        for (int j = 0; j < columns; j++)
        {
            slopes[j] = scale[j] == 0 ? 0 : solution[j] / scale[j];
            intercept -= slopes[j] * mean[j];
        }

        return new LinearModel(intercept, slopes);
    }

    private static double[] Shares(int rows, IReadOnlyList<double>? weights)
    {
        double[] share = new double[rows];
        double sum = 0;
        for (int i = 0; i < rows; i++)
            sum += share[i] = weights?[i] ?? 1;
        if (!(sum > 0) || !double.IsFinite(sum))
            throw new ArgumentException($"Row weights must be finite and not all zero; their sum is {sum}.", nameof(weights));
        for (int i = 0; i < rows; i++)
            share[i] /= sum;
        return share;
    }

    // A column that never moves has scale 0 and keeps slope 0.
    private static (double[] Mean, double[] Scale) Standardisation(IReadOnlyList<float[]> features, double[] share, int columns)
    {
        double[] mean = new double[columns], scale = new double[columns];
        for (int i = 0; i < features.Count; i++)
        {
            for (int j = 0; j < columns; j++)
                mean[j] += share[i] * features[i][j];
        }

        for (int i = 0; i < features.Count; i++)
        {
            for (int j = 0; j < columns; j++)
                scale[j] += share[i] * (features[i][j] - mean[j]) * (features[i][j] - mean[j]);
        }

        for (int j = 0; j < columns; j++)
            scale[j] = scale[j] > 1e-12 ? Math.Sqrt(scale[j]) : 0;
        return (mean, scale);
    }
}
