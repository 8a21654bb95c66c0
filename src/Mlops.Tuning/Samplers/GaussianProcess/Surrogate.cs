namespace Mlops.Tuning;

/// <summary>What a model expects of one quantity over the parameters: an objective, or how far constraints are met. Not thread-safe.</summary>
internal sealed class Surrogate
{
    private const int FirstEvaluations = 60;
    private const int WarmEvaluations = 15;

    private readonly int _dimensions;
    private readonly GaussianProcess _process;
    private double[] _logs;
    private double[] _targets = [];

    /// <param name="isChoice">Whether a dimension holds choices.</param>
    /// <param name="inverse">Room that surrogates over the same parameters share.</param>
    public Surrogate(bool[] isChoice, InverseFactor inverse)
    {
        _dimensions = isChoice.Length;
        _process = new GaussianProcess(isChoice, inverse);
        _logs = GaussianProcess.DefaultLogs(_dimensions);
        MeanSlopes = new double[_dimensions];
        VarianceSlopes = new double[_dimensions];
    }

    /// <summary>The gradients of the last prediction that asked for them.</summary>
    public double[] MeanSlopes { get; }

    public double[] VarianceSlopes { get; }

    /// <summary>Room for what was observed, one number per place; what was written before is kept.</summary>
    public Span<double> Targets(int count)
    {
        if (_targets.Length < count)
        {
            Array.Resize(ref _targets, count * 2);
        }

        return _targets.AsSpan(0, count);
    }

    public void Forget() => _logs = GaussianProcess.DefaultLogs(_dimensions);

    /// <summary>Fits the kernel to the targets, from where the last fit ended.</summary>
    public void Fit(KernelFit fit, ReadOnlyMemory<double[]> points, bool isFirst)
    {
        (double[] logs, double loss) = fit.Fit(_process, points, _targets.AsMemory(0, points.Length), _logs, isFirst ? FirstEvaluations : WarmEvaluations);
        _logs = double.IsFinite(loss) ? logs : GaussianProcess.DefaultLogs(_dimensions);
    }

    /// <summary>
    /// Takes the targets at the points: what the process knows of them under the same logarithms is kept, which leaves it the same as if it had begun anew. More
    /// noise always makes the matrix definite.
    /// </summary>
    public void Condition(ReadOnlySpan<double[]> points)
    {
        double noise = Math.Max(_logs[^1], Math.Log(GaussianProcess.LeastNoise));
        for (double[] tried = _logs; !_process.Follow(points, tried); noise += Math.Log(10))
        {
            tried = [.. _logs[..^1], noise];
        }

        _process.Solve(_targets.AsSpan(0, points.Length));
    }

    /// <summary>Mean and variance at a point.</summary>
    public (double Mean, double Variance) Predict(double[] point, bool withSlopes = false) =>
        withSlopes ? _process.Predict(point, MeanSlopes, VarianceSlopes) : _process.Predict(point);
}
