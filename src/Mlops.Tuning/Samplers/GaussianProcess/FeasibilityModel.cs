namespace Mlops.Tuning;

/// <summary>
/// How likely a trial is to complete and to satisfy its constraints. Failed trials count as far outside, so that the search leaves a place where the objective throws or
/// returns no number; the model's noise takes up what fails by chance. Its memory is kept from one ask to the next.
/// </summary>
/// <param name="isChoice">Whether a dimension holds choices.</param>
/// <param name="inverse">Room that surrogates over the same parameters share.</param>
/// <param name="maximumFailed">How many failed trials are held, the newest.</param>
internal sealed class FeasibilityModel(bool[] isChoice, InverseFactor inverse, int maximumFailed)
{
    private readonly FeasibilityLimits _limits = new();
    private readonly List<double[]> _failed = [];
    private Surrogate? _limit;
    private double[][] _points = [];
    private int _count;

    /// <summary>Whether anything has failed or missed a constraint; without that there is nothing to model.</summary>
    public bool IsLimited { get; private set; }

    public void Clear()
    {
        _failed.Clear();
        _limit?.Forget();
    }

    public void AddFailed(double[] point)
    {
        _failed.Add(point);
        if (_failed.Count > maximumFailed)
        {
            _failed.RemoveAt(0);
        }
    }

    /// <summary>Takes the completed trials that are kept.</summary>
    public void Load(IReadOnlyList<GaussianProcessRow> rows)
    {
        IsLimited = _failed.Count > 0;
        for (int i = 0; i < rows.Count; i++)
        {
            IsLimited |= rows[i].Violation > 0;
        }

        if (!IsLimited)
        {
            return;
        }

        _count = rows.Count + _failed.Count;
        if (_points.Length < _count)
        {
            _points = new double[_count * 2][];
        }

        for (int i = 0; i < _count; i++)
        {
            _points[i] = i < rows.Count ? rows[i].Point : _failed[i - rows.Count];
        }

        _limit ??= new Surrogate(isChoice, inverse);
        _limits.Of(rows, _limit.Targets(_count));
    }

    public void Fit(KernelFit fit, bool isFirst)
    {
        if (IsLimited)
        {
            _limit!.Fit(fit, _points.AsMemory(0, _count), isFirst);
        }
    }

    public void Condition()
    {
        if (IsLimited)
        {
            _limit!.Condition(_points.AsSpan(0, _count));
        }
    }

    /// <summary>The logarithm of the chance at a point, 0 where nothing is modelled; its slopes are added to the gradient.</summary>
    public double Log(double[] point, double[]? gradient)
    {
        if (!IsLimited)
        {
            return 0;
        }

        (double mean, double variance) = _limit!.Predict(point, gradient is not null);
        double deviation = Math.Sqrt(variance + 1e-12);
        double z = -mean / deviation;
        double log = ExpectedImprovement.LogCumulative(z);
        double ratio = Math.Exp((-0.5 * z * z) - NormalLaw.LogSqrtTwoPi - log);
        for (int d = 0; gradient is not null && d < gradient.Length; d++)
        {
            gradient[d] += ratio * ((-_limit.MeanSlopes[d] / deviation) - (z * _limit.VarianceSlopes[d] / (2 * deviation * deviation)));
        }

        return log;
    }
}
