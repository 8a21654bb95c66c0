namespace Mlops.Statistics;

/// <summary>
/// Logistic regression for labels 0 and 1 with a squared penalty on the coefficients of the standardized features (the
/// intercept is not penalized): minimizes mean log loss + penalty / 2 times the sum of squares.
/// </summary>
/// <remarks>
/// Newton's method with halved steps; the penalty keeps it strictly convex, so perfectly separated labels have a finite
/// solution too. With one class only, the intercept alone is fitted, clipped to probabilities of 1 / (n + 2).
/// </remarks>
public sealed class LogisticRegression : IFittedModel
{
    private const int MaximumSteps = 100;

    // Sums of many rows are known to about this share: a step that raises the loss by less is not known to raise it, and halving it would not help.
    private const double Noise = 1e-12;

    private readonly double[] _coefficients;

    private LogisticRegression(double intercept, double[] coefficients, int passes = 0)
    {
        Intercept = intercept;
        _coefficients = coefficients;
        Passes = passes;
    }

    /// <summary>Log odds where all features are 0.</summary>
    public double Intercept { get; }

    /// <summary>One coefficient per feature, in log odds per feature unit.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <inheritdoc/>
    public int FeatureCount => _coefficients.Length;

    /// <summary>How often the fit went through all rows for their loss.</summary>
    internal int Passes { get; }

    /// <summary>Fits the model.</summary>
    /// <param name="rows">Row-major features, all finite.</param>
    /// <param name="columns">Features per row, at least 1.</param>
    /// <param name="labels">0 or 1 per row.</param>
    /// <param name="penalty">Positive.</param>
    public static LogisticRegression Fit(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> labels, double penalty = 1e-3)
    {
        if (!(penalty > 0) || !double.IsFinite(penalty))
            throw new ArgumentOutOfRangeException(nameof(penalty), penalty, "A positive, finite penalty is needed.");
        DesignMatrix x = DesignMatrix.Create(rows, columns, labels);
        double ones = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] is not (0 or 1))
                throw new ArgumentException($"Labels must be 0 or 1; number {i} is {labels[i]}.", nameof(labels));
            ones += labels[i];
        }

        if (ones == 0 || ones == labels.Length)
            return new(Math.Log((ones + 1) / (labels.Length - ones + 1)), new double[columns]);
        return new Newton(x, labels, penalty).Run();
    }

    /// <summary>The probability of label 1.</summary>
    public double Predict(ReadOnlySpan<double> features)
    {
        DesignMatrix.CheckRow(features, FeatureCount);
        double sum = Intercept;
        for (int j = 0; j < _coefficients.Length; j++)
            sum += _coefficients[j] * features[j];
        return Probability(sum);
    }

    internal static double Probability(double logOdds) =>
        logOdds >= 0 ? 1 / (1 + Math.Exp(-logOdds)) : Math.Exp(logOdds) / (1 + Math.Exp(logOdds));

    /// <summary>Works on standardized features; entry 0 of a parameter vector is the intercept.</summary>
    private ref struct Newton
    {
        private readonly DesignMatrix _x;
        private readonly ReadOnlySpan<double> _labels;
        private readonly double _penalty;
        private readonly double[] _means;
        private readonly double[] _scales;
        private readonly double[] _row;

        public Newton(DesignMatrix x, ReadOnlySpan<double> labels, double penalty)
        {
            _x = x;
            _labels = labels;
            _penalty = penalty;
            _means = x.Means();
            _scales = x.Scales(_means);
            _row = new double[x.Columns + 1];
            _row[0] = 1;
        }

        public LogisticRegression Run()
        {
            double[] beta = new double[_row.Length];
            double loss = Loss(beta);
            int passes = 1;
            for (int iteration = 0; iteration < MaximumSteps; iteration++)
            {
                double[] step = Step(beta);
                double size = 1, next = 0;
                double[] candidate = beta;
                for (; size > 1e-10; size /= 2)
                {
                    candidate = new double[beta.Length];
                    for (int j = 0; j < beta.Length; j++)
                        candidate[j] = beta[j] - (size * step[j]);
                    next = Loss(candidate);
                    passes++;
                    if (next <= loss + (Noise * Math.Abs(loss)))
                        break;
                }

                if (size <= 1e-10)
                    break;
                double moved = 0;
                foreach (double s in step)
                    moved = double.Max(moved, Math.Abs(s));
                beta = candidate;
                loss = next;
                if (moved < 1e-10)
                    break;
            }

            return Unscale(beta, passes);
        }

        private void Standardize(int i)
        {
            ReadOnlySpan<double> row = _x.Row(i);
            for (int j = 0; j < row.Length; j++)
                _row[j + 1] = (row[j] - _means[j]) / _scales[j];
        }

        private double LogOdds(double[] beta)
        {
            double sum = 0;
            for (int j = 0; j < beta.Length; j++)
                sum += beta[j] * _row[j];
            return sum;
        }

        private double Loss(double[] beta)
        {
            double sum = 0;
            for (int i = 0; i < _labels.Length; i++)
            {
                Standardize(i);
                double odds = LogOdds(beta);
                double signed = _labels[i] == 1 ? -odds : odds;
                sum += signed > 0 ? signed + SaddlePoint.LogOnePlus(Math.Exp(-signed)) : SaddlePoint.LogOnePlus(Math.Exp(signed));
            }

            double squares = 0;
            for (int j = 1; j < beta.Length; j++)
                squares += beta[j] * beta[j];
            return (sum / _labels.Length) + (0.5 * _penalty * squares);
        }

        private double[] Step(double[] beta)
        {
            int size = beta.Length;
            double[] gradient = new double[size];
            double[][] hessian = new double[size][];
            for (int j = 0; j < size; j++)
                hessian[j] = new double[size];
            for (int i = 0; i < _labels.Length; i++)
            {
                Standardize(i);
                double p = Probability(LogOdds(beta));
                double weight = double.Max(p * (1 - p), 1e-12);
                for (int j = 0; j < size; j++)
                {
                    gradient[j] += (p - _labels[i]) * _row[j];
                    for (int k = 0; k <= j; k++)
                        hessian[j][k] += weight * _row[j] * _row[k];
                }
            }

            for (int j = 0; j < size; j++)
            {
                gradient[j] /= _labels.Length;
                for (int k = 0; k <= j; k++)
                {
                    hessian[j][k] /= _labels.Length;
                    hessian[k][j] = hessian[j][k];
                }

                if (j > 0)
                {
                    gradient[j] += _penalty * beta[j];
                    hessian[j][j] += _penalty;
                }
            }

            return LinearSystem.Solve(hessian, gradient);
        }

        private LogisticRegression Unscale(double[] beta, int passes)
        {
            double intercept = beta[0];
            double[] coefficients = new double[_x.Columns];
            for (int j = 0; j < coefficients.Length; j++)
            {
                coefficients[j] = beta[j + 1] / _scales[j];
                intercept -= coefficients[j] * _means[j];
            }

            return new(intercept, coefficients, passes);
        }
    }
}
