namespace Mlops.Statistics;

/// <summary>
/// The exponentially weighted moving average chart (Roberts 1959) on values standardized by a known in-control mean and
/// deviation: z = w x + (1 - w) z, an alarm when |z| exceeds L standard deviations of z in the long run.
/// </summary>
/// <remarks>A small weight finds small shifts. <see cref="ForExpectedRunLength"/> sets L for a promised run between false alarms.</remarks>
public sealed class Ewma : IChangeDetector, ISavedState
{
    private readonly double _mean;
    private readonly double _inverseDeviation;
    private readonly double _weight;
    private readonly double _threshold;
    private readonly double _limit;
    private double _value;
    private long _count;
    private bool _restart;

    /// <summary>A detector around a known level.</summary>
    /// <param name="mean">In-control mean.</param>
    /// <param name="standardDeviation">In-control standard deviation, positive.</param>
    /// <param name="weight">Weight of the newest value, above 0 and at most 1.</param>
    /// <param name="threshold">L, positive; 2.814 with weight 0.1 gives about 500 values between false alarms.</param>
    public Ewma(double mean, double standardDeviation, double weight = 0.1, double threshold = 2.814)
    {
        if (!double.IsFinite(mean))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "A finite mean is needed.");
        if (!(standardDeviation > 0) || !double.IsFinite(standardDeviation))
            throw new ArgumentOutOfRangeException(nameof(standardDeviation), standardDeviation, "A positive, finite standard deviation is needed.");
        if (!(weight > 0 && weight <= 1))
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight above 0 and at most 1 is needed.");
        if (!(threshold > 0))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A positive threshold is needed.");
        _mean = mean;
        _inverseDeviation = 1 / standardDeviation;
        _weight = weight;
        _threshold = threshold;
        _limit = threshold * Math.Sqrt(weight / (2 - weight));
    }

    static byte ISavedState.Kind => 3;

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>The moving average in standard deviations of a value.</summary>
    public double Value => _value;

    /// <summary>A detector that holds the expected number of independent normal values between false alarms.</summary>
    /// <param name="mean">In-control mean.</param>
    /// <param name="standardDeviation">In-control standard deviation, positive.</param>
    /// <param name="expectedRunLength">Values per false alarm, 10 to 1e7.</param>
    /// <param name="weight">Weight of the newest value, 0.01 to 1.</param>
    public static Ewma ForExpectedRunLength(double mean, double standardDeviation, double expectedRunLength, double weight = 0.1)
    {
        if (!(expectedRunLength is >= 10 and <= 1e7))
            throw new ArgumentOutOfRangeException(nameof(expectedRunLength), expectedRunLength, "An expected run length from 10 to 1e7 is needed.");
        if (!(weight is >= 0.01 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight from 0.01 to 1 is needed.");
        double low = 0.1, high = 8;
        while (high - low > 1e-7)
        {
            double middle = 0.5 * (low + high);
            if (ExpectedRunLength(weight, middle) < expectedRunLength)
                low = middle;
            else
                high = middle;
        }

        return new Ewma(mean, standardDeviation, weight, high);
    }

    /// <summary>
    /// Expected number of independent standard normal values until a false alarm, from the integral equation of Crowder
    /// (1987) by Gauss-Legendre quadrature.
    /// </summary>
    public static double ExpectedRunLength(double weight, double threshold)
    {
        if (!(weight > 0 && weight <= 1))
            throw new ArgumentOutOfRangeException(nameof(weight), weight, "A weight above 0 and at most 1 is needed.");
        if (!(threshold > 0) || !double.IsFinite(threshold))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A positive, finite threshold is needed.");
        double limit = threshold * Math.Sqrt(weight / (2 - weight));

        // The kernel's width is the weight; the nodes must resolve it.
        int count = int.Clamp((int)(8 * limit / weight), 32, 256);
        (double[] y, double[] w) = GaussLegendre.On(-limit, limit, count);
        double[][] system = new double[count][];
        double[] right = new double[count];
        for (int i = 0; i < count; i++)
        {
            system[i] = new double[count];
            for (int j = 0; j < count; j++)
                system[i][j] = -w[j] * Kernel(y[i], y[j]);
            system[i][i] += 1;
            right[i] = 1;
        }

        double[] run = LinearSystem.Solve(system, right);
        double start = 1;
        for (int j = 0; j < count; j++)
            start += w[j] * run[j] * Kernel(0, y[j]);
        return start;

        double Kernel(double from, double to)
        {
            double z = (to - ((1 - weight) * from)) / weight;
            return 0.398942280401432677939946059934 * Math.Exp(-0.5 * z * z) / weight;
        }
    }

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        _count++;
        _value += _weight * (((value - _mean) * _inverseDeviation) - _value);
        _restart = Math.Abs(_value) > _limit;
        return _restart ? ChangeSignal.Change : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _count = 0;
        _value = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_mean, "mean");
        transfer.Setting(_inverseDeviation, "1 / standardDeviation");
        transfer.Setting(_weight, "weight");
        transfer.Setting(_threshold, "threshold");
        transfer.Value(ref _value);
        transfer.Value(ref _count);
        transfer.Value(ref _restart);
    }
}
