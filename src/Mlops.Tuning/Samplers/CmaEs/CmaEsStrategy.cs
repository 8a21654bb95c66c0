namespace Mlops.Tuning;

/// <summary>
/// The covariance matrix adaptation evolution strategy: a normal distribution that moves to where samples were good, with step-size control
/// and active covariance update. Minimises by ranks alone.
/// </summary>
/// <remarks>
/// Hansen (arXiv 1604.00772). With every rank's weight w, y the step of a sample in units of the deviation: m += s y_w;
/// C = (1 + c1 dh - c1 - cmu sum w) C + c1 p p' + cmu sum w y y'. A separable strategy keeps the diagonal only.
/// </remarks>
internal sealed class CmaEsStrategy
{
    private const double LargestDeviation = 1e32;
    private const double SmallestEigenvalue = 1e-8;

    private readonly int _dimensions;
    private readonly bool _separable;
    private readonly CmaEsLearningRates? _rates;
    private readonly double[] _deviationPath;
    private readonly double[] _covariancePath;
    private readonly double[][] _work;
    private readonly double[][] _axes;
    private readonly double[] _lengths;
    private bool _isDecomposed;

    /// <param name="mean">Where to begin.</param>
    /// <param name="deviation">The first standard deviation, the same in every direction.</param>
    /// <param name="population">Samples per generation.</param>
    /// <param name="separable">Whether only variances are learned.</param>
    /// <param name="adaptRates">Whether learning rates follow the signal-to-noise ratio of the updates.</param>
    public CmaEsStrategy(double[] mean, double deviation, int population, bool separable = false, bool adaptRates = false)
    {
        _dimensions = mean.Length;
        _separable = separable;
        _rates = adaptRates ? new CmaEsLearningRates(_dimensions) : null;
        Constants = new CmaEsConstants(_dimensions, population, separable);
        Mean = [.. mean];
        Deviation = deviation;
        Scale = new double[_dimensions];
        Array.Fill(Scale, 1);
        _deviationPath = new double[_dimensions];
        _covariancePath = new double[_dimensions];
        _lengths = new double[_dimensions];
        Covariance = Square(_dimensions);
        _work = Square(_dimensions);
        _axes = Square(_dimensions);
        for (int i = 0; i < _dimensions; i++)
        {
            Covariance[i][i] = 1;
        }
    }

    public CmaEsConstants Constants { get; }

    public double[] Mean { get; private set; }

    public double Deviation { get; set; }

    public double[][] Covariance { get; }

    /// <summary>Stretches single dimensions, so that those on a grid keep their margin; 1 without.</summary>
    public double[] Scale { get; }

    public int Generation { get; private set; }

    /// <summary>The standard deviation along one dimension.</summary>
    public double DeviationAlong(int dimension) => Deviation * Scale[dimension] * Math.Sqrt(Covariance[dimension][dimension]);

    /// <summary>A sample from standard normal numbers.</summary>
    public double[] Sample(ReadOnlySpan<double> normals)
    {
        Decompose();
        double[] sample = new double[_dimensions];
        for (int i = 0; i < _dimensions; i++)
        {
            double sum = 0;
            for (int j = 0; j < _dimensions; j++)
            {
                sum += _axes[i][j] * _lengths[j] * normals[j];
            }

            sample[i] = Mean[i] + (Deviation * Scale[i] * sum);
        }

        return sample;
    }

    /// <summary>
    /// Draws a point that was not sampled from this distribution so near that it cannot distort the update: to a length that one of its own
    /// samples exceeds once in a hundred thousand (Hansen, Injecting external solutions into CMA-ES, arXiv 1110.4181).
    /// </summary>
    public double[] Inject(double[] point)
    {
        Decompose();
        double[] step = StepOf(point);
        double length = Length(Whiten(step));
        double longest = Math.Sqrt(_dimensions) + 3;
        if (length <= longest)
        {
            return point;
        }

        double[] near = new double[_dimensions];
        for (int i = 0; i < near.Length; i++)
        {
            near[i] = Mean[i] + (Deviation * Scale[i] * step[i] * (longest / length));
        }

        return near;
    }

    /// <summary>Learns from a generation.</summary>
    /// <param name="ranked">The samples, the best first; as many as the population.</param>
    public void Update(IReadOnlyList<double[]> ranked)
    {
        Decompose();
        Generation++;
        _rates?.Remember(Mean, Deviation, Covariance, Whiten);
        double[][] steps = [.. ranked.Select(StepOf)];
        double[][] white = Array.ConvertAll(steps, Whiten);
        double[] step = new double[_dimensions];
        for (int rank = 0; rank < Constants.Parents; rank++)
        {
            AddTo(step, steps[rank], Constants.Weights[rank]);
        }

        double[] old = Mean;
        Mean = new double[_dimensions];
        for (int i = 0; i < _dimensions; i++)
        {
            Mean[i] = old[i] + (Deviation * Scale[i] * step[i]);
        }

        double c = Constants.PathOfDeviation;
        Fade(_deviationPath, 1 - c);
        AddTo(_deviationPath, Whiten(step), Math.Sqrt(c * (2 - c) * Constants.Effective));
        double length = Length(_deviationPath);
        bool isStalled = length / Math.Sqrt(1 - Math.Pow(1 - c, 2 * (Generation + 1))) >= (1.4 + (2.0 / (_dimensions + 1))) * Constants.ExpectedLength;
        Learn(steps, white, step, isStalled);
        Deviation = Math.Min(LargestDeviation, Deviation * Math.Exp(c / Constants.Damping * ((length / Constants.ExpectedLength) - 1)));
        _isDecomposed = false;
        if (_rates is not null)
        {
            Deviation = Math.Min(LargestDeviation, _rates.Adapt(Mean, Deviation, Covariance));
        }
    }

    /// <summary>Whether nothing more is to be expected: too small or too large a distribution, or one that rounding has degenerated.</summary>
    public bool HasStopped(double firstDeviation)
    {
        Decompose();
        double[] extents = [.. Enumerable.Range(0, _dimensions).Select(i => Deviation * Math.Sqrt(Covariance[i][i]))];
        int axis = Generation % _dimensions;
        return (extents.All(extent => extent < 1e-12 * firstDeviation) && _covariancePath.All(p => Math.Abs(Deviation * p) < 1e-12 * firstDeviation))
            || Deviation * _lengths.Max() > 1e4
            || _lengths.Max() / _lengths.Min() > 1e14
            || Enumerable.Range(0, _dimensions).Any(i => Mean[i] == Mean[i] + (0.2 * extents[i]))
            || Enumerable.Range(0, _dimensions).All(i => Mean[i] == Mean[i] + (0.1 * Deviation * _lengths[axis] * _axes[i][axis]));
    }

    private void Learn(double[][] steps, double[][] white, double[] step, bool isStalled)
    {
        double c = Constants.PathOfCovariance;
        Fade(_covariancePath, 1 - c);
        if (!isStalled)
        {
            AddTo(_covariancePath, step, Math.Sqrt(c * (2 - c) * Constants.Effective));
        }

        double lost = isStalled ? c * (2 - c) : 0;
        double kept = 1 + (Constants.RankOne * lost) - Constants.RankOne - (Constants.RankMany * Constants.Weights.Sum());
        double[] weights = new double[steps.Length];
        for (int rank = 0; rank < weights.Length; rank++)
        {
            double weight = Constants.Weights[rank];
            double squares = white[rank].Sum(static w => w * w);
            weights[rank] = Constants.RankMany * (weight >= 0 ? weight : weight * _dimensions / (squares + SmallestEigenvalue));
        }

        for (int i = 0; i < _dimensions; i++)
        {
            for (int j = _separable ? i : 0; j <= i; j++)
            {
                double value = (kept * Covariance[i][j]) + (Constants.RankOne * _covariancePath[i] * _covariancePath[j]);
                for (int rank = 0; rank < steps.Length; rank++)
                {
                    value += weights[rank] * steps[rank][i] * steps[rank][j];
                }

                Covariance[i][j] = Covariance[j][i] = value;
            }
        }
    }

    /// <summary>C = B L^2 B'. Eigenvalues that rounding has made negative are lifted, and C is what they say.</summary>
    private void Decompose()
    {
        if (_isDecomposed)
        {
            return;
        }

        for (int i = 0; i < _dimensions; i++)
        {
            Covariance[i].CopyTo(_work[i], 0);
        }

        SymmetricEigen.Decompose(_work, _lengths, _axes);
        bool isLifted = false;
        for (int i = 0; i < _dimensions; i++)
        {
            isLifted |= _lengths[i] < 0;
            _lengths[i] = Math.Sqrt(_lengths[i] < 0 ? SmallestEigenvalue : _lengths[i]);
        }

        for (int i = 0; isLifted && i < _dimensions; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int k = 0; k < _dimensions; k++)
                {
                    sum += _axes[i][k] * _lengths[k] * _lengths[k] * _axes[j][k];
                }

                Covariance[i][j] = Covariance[j][i] = sum;
            }
        }

        _isDecomposed = true;
    }

    private double[] StepOf(double[] point)
    {
        double[] step = new double[_dimensions];
        for (int i = 0; i < step.Length; i++)
        {
            step[i] = (point[i] - Mean[i]) / (Deviation * Scale[i]);
        }

        return step;
    }

    /// <summary>C^(-1/2) v.</summary>
    private double[] Whiten(double[] vector)
    {
        double[] white = new double[_dimensions];
        for (int k = 0; k < _dimensions; k++)
        {
            double along = 0;
            for (int i = 0; i < _dimensions; i++)
            {
                along += _axes[i][k] * vector[i];
            }

            along /= _lengths[k];
            for (int i = 0; i < _dimensions; i++)
            {
                white[i] += _axes[i][k] * along;
            }
        }

        return white;
    }

    private static double[][] Square(int n) => [.. Enumerable.Range(0, n).Select(_ => new double[n])];

    private static double Length(double[] vector) => Math.Sqrt(vector.Sum(static v => v * v));

    private static void Fade(double[] vector, double share)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] *= share;
        }
    }

    private static void AddTo(double[] sum, double[] vector, double weight)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += weight * vector[i];
        }
    }
}
