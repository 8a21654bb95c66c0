namespace Mlops.Statistics;

/// <summary>
/// Linear regression with a squared penalty: minimizes the mean squared error plus <c>penalty</c> times the sum of squared
/// coefficients of the standardized features. The intercept is not penalized.
/// </summary>
/// <remarks>Solved exactly by the normal equations of standardized features; O(n p^2 + p^3).</remarks>
public sealed class RidgeRegression : IFittedModel
{
    private readonly double[] _coefficients;

    private RidgeRegression(double intercept, double[] coefficients)
    {
        Intercept = intercept;
        _coefficients = coefficients;
    }

    /// <summary>The prediction where all features are 0.</summary>
    public double Intercept { get; }

    /// <summary>One coefficient per feature, in target units per feature unit.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <inheritdoc/>
    public int FeatureCount => _coefficients.Length;

    /// <summary>Fits the model.</summary>
    /// <param name="rows">Row-major features, all finite.</param>
    /// <param name="columns">Features per row, at least 1.</param>
    /// <param name="targets">One target per row, finite.</param>
    /// <param name="penalty">Positive; small values leave least squares almost unchanged and keep collinear columns solvable.</param>
    public static RidgeRegression Fit(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> targets, double penalty = 1e-6)
    {
        if (!(penalty > 0) || !double.IsFinite(penalty))
            throw new ArgumentOutOfRangeException(nameof(penalty), penalty, "A positive, finite penalty is needed.");
        DesignMatrix x = DesignMatrix.Create(rows, columns, targets);
        double[] means = x.Means();
        double[] scales = x.Scales(means);
        double center = 0;
        for (int i = 0; i < targets.Length; i++)
            center += (targets[i] - center) / (i + 1);
        double[][] gram = new double[columns][];
        for (int j = 0; j < columns; j++)
            gram[j] = new double[columns];
        double[] right = new double[columns];
        double[] z = new double[columns];
        for (int i = 0; i < x.Count; i++)
        {
            ReadOnlySpan<double> row = x.Row(i);
            for (int j = 0; j < columns; j++)
                z[j] = (row[j] - means[j]) / scales[j];
            for (int j = 0; j < columns; j++)
            {
                right[j] += z[j] * (targets[i] - center);
                for (int k = 0; k <= j; k++)
                    gram[j][k] += z[j] * z[k];
            }
        }

        for (int j = 0; j < columns; j++)
        {
            gram[j][j] += penalty * x.Count;
            for (int k = 0; k < j; k++)
                gram[k][j] = gram[j][k];
        }

        double[] coefficients = LinearSystem.Solve(gram, right);
        double intercept = center;
        for (int j = 0; j < columns; j++)
        {
            coefficients[j] /= scales[j];
            intercept -= coefficients[j] * means[j];
        }

        return new(intercept, coefficients);
    }

    /// <inheritdoc/>
    public double Predict(ReadOnlySpan<double> features)
    {
        DesignMatrix.CheckRow(features, FeatureCount);
        double sum = Intercept;
        for (int j = 0; j < _coefficients.Length; j++)
            sum += _coefficients[j] * features[j];
        return sum;
    }
}
