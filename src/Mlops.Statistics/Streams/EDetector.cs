namespace Mlops.Statistics;

/// <summary>
/// The Shiryaev-Roberts e-detector of Shin, Ramdas and Rinaldo (2023) for a mean that is known while all is well: the money of gamblers of whom one
/// more starts with every value, each betting that the mean has changed. The expected number of values until a false alarm is at least the promised one,
/// for every law within the limits.
/// </summary>
/// <remarks>
/// <para>
/// On values scaled to [0, 1] with m the known mean, M(l) becomes (M(l) + 1) (1 + l (x - m)) with every value, a rise being bet on by l above 0, a fall by l
/// below 0; the detector averages M over eight bets per direction and alarms when the average reaches the promised run length N. At the largest bet no
/// value takes more than half; the smallest is sqrt(2 ln(N) / (N m (1 - m))), since smaller ones would tell the time and not the mean. In control the average minus the count is a supermartingale, so that at the
/// alarm the expected count is at least the expected average, which is at least the promise.
/// </para>
/// <para>
/// Assumptions: limits that are true, and values whose mean, given all earlier ones, is m (<see cref="ChangeDirection.Up"/>: at most m;
/// <see cref="ChangeDirection.Down"/>: at least m) while all is well. No law, no variance, no independence beyond that. Values outside the limits are
/// taken as the limit. The promise is a lower bound, and a near one.
/// </para>
/// </remarks>
public sealed class EDetector : IChangeDetector, ISavedState
{
    private const int Bets = 8;
    private const double LargestLoss = 0.5;

    private readonly double _mean;
    private readonly double _scaledMean;
    private readonly ChangeDirection _direction;
    private readonly double[] _bets;
    private readonly double[] _money;
    private DeclaredLimits _limits;
    private long _count;
    private bool _restart;

    /// <summary>A detector around a known mean.</summary>
    /// <param name="mean">Mean while all is well, strictly between the limits.</param>
    /// <param name="low">What no value is below.</param>
    /// <param name="high">What no value is above; greater than <paramref name="low"/>.</param>
    /// <param name="expectedRunLength">Least expected number of values until a false alarm, above 1.</param>
    /// <param name="direction">Which changes to find.</param>
    public EDetector(double mean, double low = 0, double high = 1, double expectedRunLength = 1000, ChangeDirection direction = ChangeDirection.Both)
    {
        _limits = new DeclaredLimits(low, high);
        if (!(mean > low && mean < high))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, $"A mean strictly between {low} and {high} is needed.");
        if (!(expectedRunLength > 1) || !double.IsFinite(expectedRunLength))
            throw new ArgumentOutOfRangeException(nameof(expectedRunLength), expectedRunLength, "A finite run length above 1 is needed.");
        if (!Enum.IsDefined(direction))
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "Up, Down or Both is needed.");
        _mean = mean;
        _scaledMean = (mean - low) / _limits.Range;
        _direction = direction;
        ExpectedRunLength = expectedRunLength;
        _bets = BetsOn(direction, _scaledMean, expectedRunLength);
        _money = new double[_bets.Length];
    }

    static byte ISavedState.Kind => 14;

    /// <summary>Least expected number of values until a false alarm: 1 / alpha in the paper.</summary>
    public double ExpectedRunLength { get; }

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>The gamblers' average money; the alarm is at <see cref="ExpectedRunLength"/>. In control its expectation is at most <see cref="Count"/>.</summary>
    public double Statistic
    {
        get
        {
            double sum = 0;
            foreach (double money in _money)
                sum += money;
            return sum / _money.Length;
        }
    }

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (_restart && !double.IsNaN(value))
            Reset();
        if (!_limits.TryScale(value, out double x))
            return ChangeSignal.None;
        _count++;
        double gap = x - _scaledMean;
        for (int i = 0; i < _money.Length; i++)
            _money[i] = (_money[i] + 1) * (1 + (_bets[i] * gap));
        _restart = Statistic >= ExpectedRunLength;
        return _restart ? ChangeSignal.Change : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _limits = new DeclaredLimits(_limits.Low, _limits.High);
        Array.Clear(_money);
        _count = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_mean, "mean");
        transfer.Setting(ExpectedRunLength, "expectedRunLength");
        transfer.Setting((int)_direction, "direction");
        _limits.Transfer(ref transfer);
        transfer.Values(_money);
        transfer.Value(ref _count);
        transfer.Value(ref _restart);
    }

    private static double[] BetsOn(ChangeDirection direction, double mean, double expectedRunLength)
    {
        double smallest = Math.Sqrt(2 * Math.Log(expectedRunLength) / (expectedRunLength * mean * (1 - mean)));
        double[] up = Between(smallest, LargestLoss / mean);
        double[] down = Array.ConvertAll(Between(smallest, LargestLoss / (1 - mean)), bet => -bet);
        return direction switch { ChangeDirection.Up => up, ChangeDirection.Down => down, _ => [.. up, .. down] };
    }

    /// <summary>Equal ratios; a short promised run still leaves a factor of two.</summary>
    private static double[] Between(double smallest, double largest)
    {
        double share = double.Min(smallest / largest, 0.5);
        return [.. Enumerable.Range(0, Bets).Select(i => largest * Math.Pow(share, i / (Bets - 1.0)))];
    }
}
