namespace Mlops.Tuning;

/// <summary>
/// A Gaussian process with a Matern-5/2 kernel whose every dimension has a length of its own: k = s (1 + r sqrt 5 + 5/3 q) exp(-r sqrt 5),
/// q = r^2 = sum w_d (x_d - y_d)^2, where a difference of choices counts as 1.
/// </summary>
/// <remarks>Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2, 4 and 5; priors of Optuna 5.</remarks>
internal sealed class GaussianProcess
{
    public const double LeastNoise = 1e-6;

    private static readonly double Sqrt5 = Math.Sqrt(5);

    private readonly double[][] _points;
    private readonly bool[] _isChoice;
    private readonly double[] _weights;
    private readonly double _scale;
    private readonly Cholesky _factor;
    private readonly double[] _solved;

    private GaussianProcess(double[][] points, bool[] isChoice, double[] logs, Cholesky factor, double[] solved)
    {
        _points = points;
        _isChoice = isChoice;
        _weights = Weights(logs);
        _scale = Math.Exp(logs[^2]);
        _factor = factor;
        _solved = solved;
    }

    /// <summary>The logarithms of weights (inverse squared lengths), scale and noise where nothing is known.</summary>
    public static double[] DefaultLogs(int dimensions) => [.. new double[dimensions + 1], Math.Log(1e-3)];

    /// <summary>Conditions on observations; null when rounding has made the kernel's matrix indefinite.</summary>
    /// <param name="points">One per observation.</param>
    /// <param name="targets">Standardised values.</param>
    /// <param name="isChoice">Whether a dimension holds choices.</param>
    /// <param name="logs">Logarithms of weights, scale and noise.</param>
    public static GaussianProcess? Condition(double[][] points, double[] targets, bool[] isChoice, double[] logs)
    {
        int n = points.Length;
        double[] weights = Weights(logs);
        double scale = Math.Exp(logs[^2]);
        double[] matrix = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                matrix[(i * n) + j] = scale * Kernel(Distance(points[i], points[j], weights, isChoice), out _);
            }

            matrix[(i * n) + i] = scale + Math.Exp(logs[^1]);
        }

        if (Cholesky.Factor(matrix, n) is not { } factor)
        {
            return null;
        }

        double[] solved = [.. targets];
        factor.SolveLower(solved);
        factor.SolveUpper(solved);
        return new GaussianProcess(points, isChoice, logs, factor, solved);
    }

    /// <summary>Minus the logarithm of likelihood times prior, with its gradient over the logarithms of weights, scale and noise.</summary>
    public static double Loss(double[][] points, double[] targets, bool[] isChoice, double[] logs, double[] gradient)
    {
        int n = points.Length;
        int d = isChoice.Length;
        double scale = Math.Exp(logs[^2]);
        double noise = Math.Exp(logs[^1]);
        if (Condition(points, targets, isChoice, logs) is not { } process)
        {
            return double.PositiveInfinity;
        }

        double loss = (0.5 * Cholesky.Dot(targets, process._solved)) + process._factor.HalfLogDeterminant + (n * NormalLaw.LogSqrtTwoPi);
        double[] inverse = process._factor.Inverse();
        Array.Clear(gradient);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double kernel = Kernel(Distance(points[i], points[j], process._weights, isChoice), out double slope);
                double both = (process._solved[i] * process._solved[j]) - inverse[(i * n) + j];
                gradient[d] -= both * scale * kernel;
                double steep = both * scale * slope;
                for (int k = 0; k < d; k++)
                {
                    gradient[k] -= steep * process._weights[k] * Square(points[i][k], points[j][k], isChoice[k]);
                }
            }

            double own = (process._solved[i] * process._solved[i]) - inverse[(i * n) + i];
            gradient[d] -= 0.5 * own * scale;
            gradient[d + 1] -= 0.5 * own * noise;
        }

        for (int k = 0; k < d; k++)
        {
            double weight = process._weights[k];
            loss += (0.1 / weight) + (0.1 * weight);
            gradient[k] += (0.1 * weight) - (0.1 / weight);
        }

        loss += scale - logs[^2] + (30 * noise) - (0.1 * logs[^1]);
        gradient[d] += scale - 1;
        gradient[d + 1] += (30 * noise) - 0.1;
        return loss;
    }

    /// <summary>The most likely logarithms near a start.</summary>
    public static (double[] Logs, double Loss) Fit(double[][] points, double[] targets, bool[] isChoice, double[] start, int evaluations)
    {
        double[] logs = [.. start];
        double[] low = [.. Enumerable.Repeat(Math.Log(1e-4), isChoice.Length), Math.Log(1e-2), Math.Log(LeastNoise)];
        double[] high = [.. Enumerable.Repeat(Math.Log(1e4), isChoice.Length), Math.Log(1e3), Math.Log(1)];
        double loss = BoxMinimizer.Minimize((point, gradient) => Loss(points, targets, isChoice, point, gradient), logs, low, high, evaluations, 1e-2);
        return (logs, loss);
    }

    /// <summary>Mean and variance of the function, without noise, at a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="kernels">Room for one number per observation.</param>
    public (double Mean, double Variance) Predict(double[] point, double[] kernels)
    {
        for (int i = 0; i < _points.Length; i++)
        {
            kernels[i] = _scale * Kernel(Distance(point, _points[i], _weights, _isChoice), out _);
        }

        double mean = Cholesky.Dot(kernels, _solved);
        _factor.SolveLower(kernels);
        return (mean, Math.Max(0, _scale - Cholesky.Dot(kernels, kernels)));
    }

    /// <summary>As <see cref="Predict(double[], double[])"/>, with the gradients over the point; 0 along choices.</summary>
    public (double Mean, double Variance) Predict(double[] point, double[] kernels, double[] meanGradient, double[] varianceGradient)
    {
        double[] slopes = new double[_points.Length];
        for (int i = 0; i < _points.Length; i++)
        {
            kernels[i] = _scale * Kernel(Distance(point, _points[i], _weights, _isChoice), out double slope);
            slopes[i] = _scale * slope;
        }

        double mean = Cholesky.Dot(kernels, _solved);
        _factor.SolveLower(kernels);
        double variance = _scale - Cholesky.Dot(kernels, kernels);
        _factor.SolveUpper(kernels);
        Array.Clear(meanGradient);
        Array.Clear(varianceGradient);
        for (int i = 0; i < _points.Length; i++)
        {
            for (int k = 0; k < _weights.Length; k++)
            {
                if (!_isChoice[k])
                {
                    double along = slopes[i] * 2 * _weights[k] * (point[k] - _points[i][k]);
                    meanGradient[k] += _solved[i] * along;
                    varianceGradient[k] -= 2 * kernels[i] * along;
                }
            }
        }

        return (mean, Math.Max(0, variance));
    }

    /// <summary>The kernel at a squared distance, and its derivative by it.</summary>
    private static double Kernel(double squared, out double slope)
    {
        double r = Sqrt5 * Math.Sqrt(squared);
        double decay = Math.Exp(-r);
        slope = -5.0 / 6 * (1 + r) * decay;
        return (1 + r + (5.0 / 3 * squared)) * decay;
    }

    private static double Distance(double[] a, double[] b, double[] weights, bool[] isChoice)
    {
        double sum = 0;
        for (int k = 0; k < weights.Length; k++)
        {
            sum += weights[k] * Square(a[k], b[k], isChoice[k]);
        }

        return sum;
    }

    private static double Square(double a, double b, bool isChoice) => isChoice ? (a == b ? 0 : 1) : (a - b) * (a - b);

    private static double[] Weights(double[] logs) => Array.ConvertAll(logs[..^2], Math.Exp);
}
