namespace Mlops.Statistics;

/// <summary>Whose reading of ADWIN to follow where published implementations differ.</summary>
public enum AdwinMode
{
    /// <summary>River since 2024: cuts with at least five values on both sides, forgets everything after a change.</summary>
    River,

    /// <summary>MOA: cuts with more than six values on both sides, keeps the newer part after a change.</summary>
    Moa,
}

/// <summary>
/// ADWIN2 (Bifet and Gavalda 2007): keeps the longest window whose every split has means that could be equal, in an
/// exponential histogram of O(log n) buckets, and reports when old values had to be dropped. Any real values; the bound
/// assumes a range of about 1, so scale others.
/// </summary>
/// <remarks>
/// The cut condition is |mean difference| &gt; sqrt(2 v d / m) + 2 d / (3 m) with v the window's variance, d = ln(2 ln n / delta) and
/// 1 / m = 1 / (n0 - 4) + 1 / (n1 - 4). Splits are tried every <c>clock</c> values. Amortized O(log n) per try and 0 B per update.
/// Both modes reproduce the alarm positions of their model.
/// </remarks>
public sealed class Adwin : IChangeDetector, ISavedState
{
    private const int Levels = 48;
    private const int PerLevel = 5;
    private const int Slots = PerLevel + 1;
    private const int MinimumWindow = 5;

    private readonly double _delta;
    private readonly int _clock;
    private readonly int _grace;
    private readonly AdwinMode _mode;

    // Buckets of 2^level values, oldest first within a level; the oldest level is the last.
    private readonly double[] _totals = new double[Levels * Slots];
    private readonly double[] _variances = new double[Levels * Slots];
    private readonly int[] _sizes = new int[Levels];
    private int _levels;
    private double _total;
    private double _variance;
    private long _ticks;
    private bool _restart;
    private long _count;

    /// <summary>A detector with the published defaults.</summary>
    /// <param name="delta">Confidence of one comparison of the window's parts, strictly between 0 and 1.</param>
    /// <param name="clock">Values between two searches for a split, at least 1.</param>
    /// <param name="gracePeriod">Values before the first search.</param>
    /// <param name="mode">Whose reading to follow.</param>
    public Adwin(double delta = 0.002, int clock = 32, int gracePeriod = 10, AdwinMode mode = AdwinMode.River)
    {
        if (!(delta > 0 && delta < 1))
            throw new ArgumentOutOfRangeException(nameof(delta), delta, "A confidence strictly between 0 and 1 is needed.");
        ArgumentOutOfRangeException.ThrowIfLessThan(clock, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gracePeriod);
        _delta = delta;
        _clock = clock;
        _grace = gracePeriod;
        _mode = mode;
        Reset();
    }

    static byte ISavedState.Kind => 6;

    /// <summary>Values in the current window.</summary>
    public long Count => _count;

    /// <summary>Mean of the current window; 0 when it is empty.</summary>
    public double Mean => Count > 0 ? _total / Count : 0;

    /// <inheritdoc/>
    public ChangeSignal Update(double value)
    {
        if (!double.IsFinite(value))
            return ChangeSignal.None;
        if (_restart)
            Reset();
        Insert(value);
        _ticks++;
        if (_ticks % _clock != 0 || Count <= _grace)
            return ChangeSignal.None;
        bool changed = false;
        while (DropOnce())
            changed = true;
        if (!changed)
            return ChangeSignal.None;
        _restart = _mode == AdwinMode.River;
        return ChangeSignal.Change;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        Array.Clear(_sizes);
        _levels = 1;
        _count = 0;
        _total = 0;
        _variance = 0;
        _ticks = 0;
        _restart = false;
    }

    /// <inheritdoc/>
    public byte[] SaveState() => SavedState.Save(this);

    /// <inheritdoc/>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(_delta, "delta");
        transfer.Setting(_clock, "clock");
        transfer.Setting(_grace, "gracePeriod");
        transfer.Setting((double)_mode, "mode");
        transfer.Value(ref _count);
        transfer.Value(ref _total);
        transfer.Value(ref _variance);
        transfer.Value(ref _ticks);
        transfer.Value(ref _restart);
        transfer.Length(ref _levels, Levels - 1);
        transfer.Lengths(_sizes, PerLevel);
        transfer.Values(_totals);
        transfer.Values(_variances);
    }

    private static double SizeOf(int level) => 1L << level;

    private void Insert(double value)
    {
        _count++;
        int at = _sizes[0]++;
        _totals[at] = value;
        _variances[at] = 0;
        if (Count > 1)
        {
            double difference = value - (_total / (Count - 1));
            _variance += (Count - 1) * difference * difference / Count;
        }

        _total += value;
        for (int level = 0; _sizes[level] > PerLevel; level++)
            MergeOldestPair(level);
    }

    /// <summary>The two oldest buckets of a level become the newest bucket of the next.</summary>
    private void MergeOldestPair(int level)
    {
        int from = level * Slots;
        double size = SizeOf(level);
        double difference = (_totals[from] / size) - (_totals[from + 1] / size);
        double total = _totals[from] + _totals[from + 1];
        double variance = _variances[from] + _variances[from + 1] + (size * size * difference * difference / (size + size));
        RemoveOldest(level, 2);
        int up = level + 1;
        int to = (up * Slots) + _sizes[up]++;
        _totals[to] = total;
        _variances[to] = variance;
        _levels = int.Max(_levels, up + 1);
    }

    private void RemoveOldest(int level, int count)
    {
        int from = level * Slots;
        int left = _sizes[level] -= count;
        for (int i = 0; i < left; i++)
        {
            _totals[from + i] = _totals[from + i + count];
            _variances[from + i] = _variances[from + i + count];
        }
    }

    /// <summary>Searches splits from the oldest value on; at the first significant one drops the oldest bucket.</summary>
    private bool DropOnce()
    {
        double n0 = 0, n1 = Count, sum0 = 0, sum1 = _total;
        double logs = Math.Log(2 * Math.Log(Count) / _delta);
        for (int level = _levels - 1; level >= 0; level--)
        {
            double size = SizeOf(level);
            for (int i = 0; i < _sizes[level]; i++)
            {
                if (level == 0 && i == _sizes[0] - 1)
                    return false;
                double total = _totals[(level * Slots) + i];
                n0 += size;
                n1 -= size;
                sum0 += total;
                sum1 -= total;
                bool wide = _mode == AdwinMode.Moa
                    ? n0 > MinimumWindow + 1 && n1 > MinimumWindow + 1
                    : n0 >= MinimumWindow && n1 >= MinimumWindow;
                if (wide && IsCut(n0, n1, (sum0 / n0) - (sum1 / n1), logs))
                {
                    DeleteOldestBucket();
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsCut(double n0, double n1, double difference, double logs)
    {
        double inverse = (1 / (n0 - MinimumWindow + 1)) + (1 / (n1 - MinimumWindow + 1));

        // The running variance can fall below 0 by rounding; its root is then no number and no cut is made, as in the models.
        double epsilon = Math.Sqrt(2 * inverse * (_variance / Count) * logs) + (2.0 / 3 * logs * inverse);
        return Math.Abs(difference) > epsilon;
    }

    private void DeleteOldestBucket()
    {
        int level = _levels - 1;
        double size = SizeOf(level);
        double total = _totals[level * Slots];
        _count -= (long)size;
        _total -= total;
        double difference = (total / size) - (_total / Count);
        _variance -= _variances[level * Slots] + (size * Count * difference * difference / (size + Count));
        RemoveOldest(level, 1);
        while (_levels > 1 && _sizes[_levels - 1] == 0)
            _levels--;
    }
}
