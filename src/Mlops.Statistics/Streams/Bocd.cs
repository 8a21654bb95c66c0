namespace Mlops.Statistics;

/// <summary>
/// Bayesian online change detection (Adams and MacKay 2007): after every value, how probable each length of the current run is, a run being values
/// of one law. For normal values of unknown mean and variance (<see cref="ForNormal"/>) and for errors 0 and 1 (<see cref="ForErrors"/>).
/// </summary>
/// <remarks>
/// <para>
/// Each value starts a new run with probability 1 / (expected run length), whatever came before. The weight of a run is multiplied by the
/// density of the next value given the run's own: Student's t from a normal-gamma prior, or (errors + a) / (values + a + b) from a beta prior. A change is
/// reported when the probability that any run but the first is the current one exceeds the threshold.
/// </para>
/// <para>
/// Memory is bounded: of more than <see cref="Capacity"/> runs the least probable is dropped, never the first. Up to that many values the probabilities are exact. A value
/// costs time in proportion to the runs kept. Values that are not numbers or beyond 1e150 are ignored. The prior is part of the answer: a wrong scale
/// delays or invents changes.
/// </para>
/// </remarks>
public sealed class Bocd : IChangeDetector, ISavedState
{
    private const double LargestValue = 1e150;
    private const int LargestCapacity = 1 << 20;

    private readonly IRunLaw _law;
    private readonly double _threshold;
    private readonly double _logStart;
    private readonly double _logGrow;
    private readonly long[] _starts;
    private readonly double[] _logWeights;
    private readonly double[] _first;
    private readonly double[] _second;
    private int _size;
    private int _likeliest;
    private long _count;
    private bool _restart;

    private Bocd(IRunLaw law, double expectedRunLength, double threshold, int capacity)
    {
        if (!(expectedRunLength > 1) || !double.IsFinite(expectedRunLength))
            throw new ArgumentOutOfRangeException(nameof(expectedRunLength), expectedRunLength, "A finite run length above 1 is needed.");
        if (!(threshold > 0 && threshold <= 1))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "A probability above 0 and at most 1 is needed.");
        if (capacity is < 2 or > LargestCapacity)
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, $"2 to {LargestCapacity} runs are needed.");
        _law = law;
        ExpectedRunLength = expectedRunLength;
        _threshold = threshold;
        Capacity = capacity;
        _logStart = -Math.Log(expectedRunLength);
        _logGrow = SaddlePoint.LogOnePlus(-1 / expectedRunLength);

        // One more than stays, for the run that the newest value may start.
        _starts = new long[capacity + 1];
        _logWeights = new double[capacity + 1];
        _first = new double[capacity + 1];
        _second = new double[capacity + 1];
    }

    static byte ISavedState.Kind => 13;

    /// <summary>Expected values between two changes, before any were seen.</summary>
    public double ExpectedRunLength { get; }

    /// <summary>Runs kept.</summary>
    public int Capacity { get; }

    /// <inheritdoc/>
    public long Count => _count;

    /// <summary>Probability that the values since the last reset are not all of one run.</summary>
    public double ChangeProbability => _size == 0 ? 0 : 1 - Math.Exp(_logWeights[0]);

    /// <summary>The most probable number of values in the current run, the last one included; after an alarm, the values since the change. 0 without values.</summary>
    public long MostLikelyRunLength => _size == 0 ? 0 : _count - _starts[_likeliest];

    /// <summary>For normal values. Prior: the precision is gamma(shape, rate), the mean normal with the precision of <paramref name="meanCount"/> values.</summary>
    /// <param name="mean">Expected mean of a run.</param>
    /// <param name="meanCount">Values that the expectation of the mean is worth, positive; small where runs differ by many deviations.</param>
    /// <param name="shape">Half the values that the expectation of the variance is worth, positive.</param>
    /// <param name="rate">Positive; <paramref name="rate"/> / <paramref name="shape"/> is about the variance within a run.</param>
    /// <param name="expectedRunLength">Values between changes, above 1.</param>
    /// <param name="threshold">Probability of a change beyond which it is reported, above 0; 1 reports none and leaves one posterior for ever.</param>
    /// <param name="capacity">Runs kept, 2 to 1 048 576.</param>
    public static Bocd ForNormal(
        double mean = 0, double meanCount = 0.1, double shape = 1, double rate = 1, double expectedRunLength = 1000, double threshold = 0.9, int capacity = 200)
    {
        if (!(Math.Abs(mean) <= LargestValue))
            throw new ArgumentOutOfRangeException(nameof(mean), mean, "A finite mean is needed.");
        RequirePositive(meanCount, nameof(meanCount));
        RequirePositive(shape, nameof(shape));
        RequirePositive(rate, nameof(rate));
        return new Bocd(new NormalRunLaw(mean, meanCount, shape, rate), expectedRunLength, threshold, capacity);
    }

    /// <summary>For errors 0 and 1; any value other than 0 is an error. Prior: the rate of a run is beta(errors, hits).</summary>
    /// <param name="errors">Errors that the prior is worth, positive.</param>
    /// <param name="hits">Hits that the prior is worth, positive.</param>
    /// <param name="expectedRunLength">Values between changes, above 1.</param>
    /// <param name="threshold">Probability of a change beyond which it is reported, above 0; 1 reports none and leaves one posterior for ever.</param>
    /// <param name="capacity">Runs kept, 2 to 1 048 576.</param>
    public static Bocd ForErrors(double errors = 1, double hits = 1, double expectedRunLength = 1000, double threshold = 0.9, int capacity = 200)
    {
        RequirePositive(errors, nameof(errors));
        RequirePositive(hits, nameof(hits));
        return new Bocd(new ErrorRunLaw(errors, hits), expectedRunLength, threshold, capacity);
    }

    /// <summary>Probability that the current run has <paramref name="length"/> values, the last one included; 0 for a length that was dropped.</summary>
    public double RunLengthProbability(long length)
    {
        int at = Array.BinarySearch(_starts, 0, _size, _count - length);
        return at < 0 ? 0 : Math.Exp(_logWeights[at]);
    }

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!(Math.Abs(value) <= LargestValue))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        for (int i = 0; i < _size; i++)
            _logWeights[i] += _logGrow + _law.LogDensity(value, _count - _starts[i], ref _first[i], ref _second[i]);
        Start(value);
        _count++;
        if (_size > Capacity)
            DropLeastProbable();
        Normalize();
        _restart = ChangeProbability > _threshold;
        return _restart ? ChangeSignal.Change : ChangeSignal.None;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _size = 0;
        _likeliest = 0;
        _count = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        _law.Transfer(ref transfer);
        transfer.Setting(ExpectedRunLength, "expectedRunLength");
        transfer.Setting(_threshold, "threshold");
        transfer.Setting(Capacity, "capacity");
        transfer.Value(ref _count);
        transfer.Value(ref _restart);
        transfer.Length(ref _size, Capacity);
        transfer.Length(ref _likeliest, int.Max(_size - 1, 0));
        foreach (ref long start in _starts.AsSpan(0, _size))
            transfer.Value(ref start);
        transfer.Values(_logWeights.AsSpan(0, _size));
        transfer.Values(_first.AsSpan(0, _size));
        transfer.Values(_second.AsSpan(0, _size));
    }

    private static void RequirePositive(double value, string name)
    {
        if (!(value > 0) || !double.IsFinite(value))
            throw new ArgumentOutOfRangeException(name, value, "A positive, finite number is needed.");
    }

    /// <summary>The run that begins with this value; the runs before it weigh 1 together.</summary>
    private void Start(double value)
    {
        _starts[_size] = _count;
        (_first[_size], _second[_size]) = _law.Prior;
        double density = _law.LogDensity(value, 0, ref _first[_size], ref _second[_size]);
        _logWeights[_size] = density + (_size == 0 ? 0 : _logStart);
        _size++;
    }

    private void DropLeastProbable()
    {
        int least = 1;
        for (int i = 2; i < _size; i++)
        {
            if (_logWeights[i] < _logWeights[least])
                least = i;
        }

        int rest = --_size - least;
        Array.Copy(_starts, least + 1, _starts, least, rest);
        Array.Copy(_logWeights, least + 1, _logWeights, least, rest);
        Array.Copy(_first, least + 1, _first, least, rest);
        Array.Copy(_second, least + 1, _second, least, rest);
    }

    private void Normalize()
    {
        _likeliest = 0;
        for (int i = 1; i < _size; i++)
        {
            if (_logWeights[i] > _logWeights[_likeliest])
                _likeliest = i;
        }

        double largest = _logWeights[_likeliest], sum = 0;
        for (int i = 0; i < _size; i++)
            sum += Math.Exp(_logWeights[i] - largest);
        double total = largest + Math.Log(sum);
        for (int i = 0; i < _size; i++)
            _logWeights[i] -= total;
    }
}
