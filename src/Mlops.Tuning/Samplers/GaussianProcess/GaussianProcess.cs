namespace Mlops.Tuning;

/// <summary>
/// A Gaussian process with a Matern-5/2 kernel whose every dimension has a length of its own: k = s (1 + r sqrt 5 + 5/3 q) exp(-r sqrt 5),
/// q = r^2 = sum w_d (x_d - y_d)^2, where a difference of choices counts as 1. Its memory grows with the observations and is kept. Not thread-safe.
/// </summary>
/// <remarks>Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), chapters 2, 4 and 5; priors of Optuna 5.</remarks>
internal sealed class GaussianProcess
{
    public const double LeastNoise = 1e-6;

    private static readonly double Sqrt5 = Math.Sqrt(5);

    private readonly bool[] _isChoice;
    private readonly List<double[]> _points = [];
    private readonly Cholesky _factor = new();
    private readonly InverseFactor _inverse;
    private readonly double[] _weights;
    private double[] _logs = [];
    private double[] _solved = [];
    private double[] _kernels = [];
    private double[] _slopes = [];
    private double _scale;
    private double _noise;

    /// <param name="isChoice">Whether a dimension holds choices.</param>
    /// <param name="inverse">Room for the inverse factors of a fit, which several processes may share; null for one of its own.</param>
    public GaussianProcess(bool[] isChoice, InverseFactor? inverse = null)
    {
        _isChoice = isChoice;
        _inverse = inverse ?? new InverseFactor();
        _weights = new double[isChoice.Length];
    }

    /// <summary>How many observations it holds.</summary>
    public int Count => _points.Count;

    /// <summary>The logarithms of weights (inverse squared lengths), scale and noise where nothing is known.</summary>
    public static double[] DefaultLogs(int dimensions) => [.. new double[dimensions + 1], Math.Log(1e-3)];

    /// <summary>Conditions on observations; null when rounding has made the kernel's matrix indefinite.</summary>
    /// <param name="points">One per observation.</param>
    /// <param name="targets">Standardised values.</param>
    /// <param name="isChoice">Whether a dimension holds choices.</param>
    /// <param name="logs">Logarithms of weights, scale and noise.</param>
    public static GaussianProcess? Condition(double[][] points, double[] targets, bool[] isChoice, double[] logs)
    {
        var process = new GaussianProcess(isChoice);
        process.Begin(logs);
        if (!process.AddAll(points))
        {
            return null;
        }

        process.Solve(targets);
        return process;
    }

    /// <summary>Forgets all observations and takes other parameters; memory is kept.</summary>
    public void Begin(double[] logs)
    {
        _points.Clear();
        _factor.Truncate(0);
        _logs = logs;
        for (int d = 0; d < _weights.Length; d++)
        {
            _weights[d] = Math.Exp(logs[d]);
        }

        _scale = Math.Exp(logs[^2]);
        _noise = Math.Exp(logs[^1]);
    }

    /// <summary>Adds an observation's place, in time that grows with the square of their number; false when rounding has made the kernel's matrix indefinite.</summary>
    public bool Add(double[] point)
    {
        Span<double> row = _factor.NextRow();
        for (int i = 0; i < _points.Count; i++)
        {
            row[i] = _scale * Kernel(Distance(point, _points[i]), out _);
        }

        row[^1] = _scale + _noise;
        if (!_factor.Append())
        {
            return false;
        }

        _points.Add(point);
        return true;
    }

    /// <summary>Holds exactly these places under these logarithms, and keeps what it holds already: the arrays are compared by reference.</summary>
    /// <returns>False when rounding has made the kernel's matrix indefinite.</returns>
    public bool Follow(ReadOnlySpan<double[]> points, double[] logs)
    {
        int same = 0;
        if (ReferenceEquals(logs, _logs))
        {
            while (same < points.Length && same < Count && ReferenceEquals(points[same], _points[same]))
            {
                same++;
            }

            _points.RemoveRange(same, Count - same);
            _factor.Truncate(same);
        }
        else
        {
            Begin(logs);
        }

        for (; same < points.Length; same++)
        {
            if (!Add(points[same]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes what was observed, one number per place.</summary>
    public void Solve(ReadOnlySpan<double> targets)
    {
        if (_solved.Length < Count)
        {
            _solved = new double[Count * 2];
            _kernels = new double[Count * 2];
            _slopes = new double[Count * 2];
        }

        targets.CopyTo(_solved);
        _factor.SolveLower(_solved.AsSpan(0, Count));
        _factor.SolveUpper(_solved.AsSpan(0, Count));
    }

    /// <summary>Minus the logarithm of likelihood times prior, with its gradient over the logarithms of weights, scale and noise. What the process holds is lost.</summary>
    public double Loss(ReadOnlySpan<double[]> points, ReadOnlySpan<double> targets, double[] logs, double[] gradient)
    {
        Begin(logs);
        _logs = [];
        if (!AddAll(points))
        {
            return double.PositiveInfinity;
        }

        Solve(targets);
        int n = points.Length;
        int d = _isChoice.Length;
        double loss = (0.5 * Cholesky.Dot(targets, _solved.AsSpan(0, n))) + _factor.HalfLogDeterminant + (n * NormalLaw.LogSqrtTwoPi);
        _inverse.Invert(_factor);
        Array.Clear(gradient);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double kernel = Kernel(Distance(points[i], points[j]), out double slope);
                double both = (_solved[i] * _solved[j]) - _inverse.Entry(i, j);
                gradient[d] -= both * _scale * kernel;
                double steep = both * _scale * slope;
                for (int k = 0; k < d; k++)
                {
                    gradient[k] -= steep * _weights[k] * Square(points[i][k], points[j][k], _isChoice[k]);
                }
            }

            double own = (_solved[i] * _solved[i]) - _inverse.Entry(i, i);
            gradient[d] -= 0.5 * own * _scale;
            gradient[d + 1] -= 0.5 * own * _noise;
        }

        for (int k = 0; k < d; k++)
        {
            double weight = _weights[k];
            loss += (0.1 / weight) + (0.1 * weight);
            gradient[k] += (0.1 * weight) - (0.1 / weight);
        }

        loss += _scale - logs[^2] + (30 * _noise) - (0.1 * logs[^1]);
        gradient[d] += _scale - 1;
        gradient[d + 1] += (30 * _noise) - 0.1;
        return loss;
    }

    /// <summary>Mean and variance of the function, without noise, at a point.</summary>
    public (double Mean, double Variance) Predict(double[] point)
    {
        Span<double> own = _kernels.AsSpan(0, Count);
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = _scale * Kernel(Distance(point, _points[i]), out _);
        }

        double mean = Cholesky.Dot(own, _solved.AsSpan(0, Count));
        _factor.SolveLower(own);
        return (mean, Math.Max(0, _scale - Cholesky.Dot(own, own)));
    }

    /// <summary>As <see cref="Predict(double[])"/>, with the gradients over the point; 0 along choices.</summary>
    public (double Mean, double Variance) Predict(double[] point, double[] meanGradient, double[] varianceGradient)
    {
        Span<double> own = _kernels.AsSpan(0, Count);
        for (int i = 0; i < own.Length; i++)
        {
            own[i] = _scale * Kernel(Distance(point, _points[i]), out double slope);
            _slopes[i] = _scale * slope;
        }

        double mean = Cholesky.Dot(own, _solved.AsSpan(0, Count));
        _factor.SolveLower(own);
        double variance = _scale - Cholesky.Dot(own, own);
        _factor.SolveUpper(own);
        Array.Clear(meanGradient);
        Array.Clear(varianceGradient);
        for (int i = 0; i < own.Length; i++)
        {
            double[] other = _points[i];
            for (int k = 0; k < _weights.Length; k++)
            {
                if (!_isChoice[k])
                {
                    double along = _slopes[i] * 2 * _weights[k] * (point[k] - other[k]);
                    meanGradient[k] += _solved[i] * along;
                    varianceGradient[k] -= 2 * own[i] * along;
                }
            }
        }

        return (mean, Math.Max(0, variance));
    }

    private bool AddAll(ReadOnlySpan<double[]> points)
    {
        foreach (double[] point in points)
        {
            if (!Add(point))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The kernel at a squared distance, and its derivative by it.</summary>
    private static double Kernel(double squared, out double slope)
    {
        double r = Sqrt5 * Math.Sqrt(squared);
        double decay = Math.Exp(-r);
        slope = -5.0 / 6 * (1 + r) * decay;
        return (1 + r + (5.0 / 3 * squared)) * decay;
    }

    private double Distance(double[] a, double[] b)
    {
        double[] weights = _weights;
        double sum = 0;
        for (int k = 0; k < weights.Length; k++)
        {
            sum += weights[k] * Square(a[k], b[k], _isChoice[k]);
        }

        return sum;
    }

    private static double Square(double a, double b, bool isChoice) => isChoice ? (a == b ? 0 : 1) : (a - b) * (a - b);
}
