namespace Mlops.Tuning;

/// <summary>
/// Learning rates of mean and covariance that follow the signal-to-noise ratio of their updates, so that noisy and multimodal objectives
/// are searched slowly instead of wrongly. Nomura, Akimoto, Ono: CMA-ES with learning rate adaptation (arXiv 2304.03473).
/// </summary>
internal sealed class CmaEsLearningRates
{
    private const double Target = 1.4;
    private const double MeanDecay = 0.1;
    private const double CovarianceDecay = 0.03;
    private const double Damping = 0.1;

    private readonly int _dimensions;
    private readonly Average _mean;
    private readonly Average _covariance;
    private double[] _oldMean = [];
    private double[][] _oldCovariance = [];
    private double _oldDeviation;
    private double[][] _whitening = [];

    public CmaEsLearningRates(int dimensions)
    {
        _dimensions = dimensions;
        _mean = new Average(dimensions, MeanDecay);
        _covariance = new Average(dimensions * dimensions, CovarianceDecay);
    }

    /// <summary>Keeps the distribution as it is before an update.</summary>
    public void Remember(double[] mean, double deviation, double[][] covariance, Func<double[], double[]> whiten)
    {
        _oldMean = [.. mean];
        _oldDeviation = deviation;
        _oldCovariance = Array.ConvertAll(covariance, static row => (double[])row.Clone());
        _whitening = [.. Enumerable.Range(0, _dimensions).Select(i =>
        {
            double[] unit = new double[_dimensions];
            unit[i] = 1;
            return Array.ConvertAll(whiten(unit), value => value / deviation);
        })];
    }

    /// <summary>Shortens the update by the learning rates.</summary>
    /// <param name="mean">The updated mean; receives the one to use.</param>
    /// <param name="deviation">The updated deviation.</param>
    /// <param name="covariance">The updated covariance; receives the one to use, of determinant 1.</param>
    /// <returns>The deviation to use.</returns>
    public double Adapt(double[] mean, double deviation, double[][] covariance)
    {
        double[] meanStep = [.. mean.Select((m, i) => m - _oldMean[i])];
        double[][] step = Matrix((i, j) => (deviation * deviation * covariance[i][j]) - (_oldDeviation * _oldDeviation * _oldCovariance[i][j]));
        double[][] half = Matrix((i, j) => Dot(_whitening[i], k => step[k][j]));
        double[] local = new double[_dimensions * _dimensions];
        for (int i = 0; i < _dimensions; i++)
        {
            for (int j = 0; j < _dimensions; j++)
            {
                local[(i * _dimensions) + j] = Dot(half[i], k => _whitening[k][j]) / Math.Sqrt(2);
            }
        }

        double before = _mean.Rate;
        _mean.Follow([.. _whitening.Select(row => Dot(row, k => meanStep[k]))]);
        _covariance.Follow(local);
        for (int i = 0; i < _dimensions; i++)
        {
            mean[i] = _oldMean[i] + (_mean.Rate * meanStep[i]);
        }

        double[][] total = Matrix((i, j) => (_oldDeviation * _oldDeviation * _oldCovariance[i][j]) + (_covariance.Rate * step[i][j]));
        double[] values = new double[_dimensions];
        SymmetricEigen.Decompose(Array.ConvertAll(total, static row => (double[])row.Clone()), values, Matrix(static (_, _) => 0));
        double adapted = Math.Exp(values.Sum(static value => Math.Log(Math.Max(value, double.Epsilon))) / 2 / _dimensions);
        for (int i = 0; i < _dimensions; i++)
        {
            for (int j = 0; j < _dimensions; j++)
            {
                covariance[i][j] = total[i][j] / (adapted * adapted);
            }
        }

        return adapted * (before / _mean.Rate);
    }

    private double[][] Matrix(Func<int, int, double> entry) =>
        [.. Enumerable.Range(0, _dimensions).Select(i => Enumerable.Range(0, _dimensions).Select(j => entry(i, j)).ToArray())];

    private static double Dot(double[] row, Func<int, double> column)
    {
        double sum = 0;
        for (int k = 0; k < row.Length; k++)
        {
            sum += row[k] * column(k);
        }

        return sum;
    }

    /// <summary>Moving averages of a step and of its square, and the learning rate that they justify.</summary>
    private sealed class Average(int size, double decay)
    {
        private readonly double[] _step = new double[size];
        private double _square;

        public double Rate { get; private set; } = 1;

        public void Follow(double[] step)
        {
            for (int i = 0; i < _step.Length; i++)
            {
                _step[i] = ((1 - decay) * _step[i]) + (decay * step[i]);
            }

            _square = ((1 - decay) * _square) + (decay * step.Sum(static s => s * s));
            double signal = _step.Sum(static s => s * s);
            double noise = _square - signal;
            double ratio = noise > 0 ? (signal - (decay / (2 - decay) * _square)) / noise : 0;
            Rate = Math.Min(1, Rate * Math.Exp(Math.Min(Damping * Rate, decay) * Math.Clamp((ratio / Target / Rate) - 1, -1, 1)));
        }
    }
}
