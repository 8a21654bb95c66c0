using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>Standard errors of the parts of a <see cref="LossAttribution"/>, from how far each row moves them.</summary>
internal static class AttributionErrors
{
    /// <param name="reference">Encoded reference rows.</param>
    /// <param name="window">Encoded window rows.</param>
    /// <param name="width">Features per row.</param>
    /// <param name="losses">One per reference row.</param>
    /// <param name="weights">One per reference row, of mean 1.</param>
    public static (double CovariatePart, double Remainder) Of(double[] reference, double[] window, int width, double[] losses, ReadOnlySpan<double> weights)
    {
        int n = losses.Length, m = window.Length / width;
        RidgeRegression model = RidgeRegression.Fit(reference, width, losses);
        double[] residuals = new double[n], expected = new double[m], moves = new double[n];
        for (int i = 0; i < n; i++)
            residuals[i] = losses[i] - model.Predict(reference.AsSpan(i * width, width));
        for (int j = 0; j < m; j++)
            expected[j] = model.Predict(window.AsSpan(j * width, width));

        double off = 0;
        for (int i = 0; i < n; i++)
            off += weights[i] * residuals[i] / n;
        double mean = losses.Average(), scatter = 0, ofRemainder = 0;
        for (int i = 0; i < n; i++)
        {
            double residual = residuals[i] - off, weighted = weights[i] * residual;
            moves[i] = weighted - (losses[i] - mean);
            ofRemainder += weighted * weighted;
            scatter += weighted * residual / n;
        }

        double ofPart = SumOfSquares(moves) / n / n;
        return (Math.Sqrt(ofPart + (SumOfSquares(expected) / m / m)), Math.Sqrt((ofRemainder / n / n) + (scatter / m)));
    }

    private static double SumOfSquares(double[] values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean));
    }
}
