namespace Mlops.Statistics;

/// <summary>
/// An interval for a mean that holds at every moment at once, made of the means against which nobody could have won much money by betting on the
/// values. For values with known limits, such as shares, rates and clipped measurements. Narrower than <see cref="MeanConfidenceSequence"/> on the first
/// hundred values, and wherever an expected count is near the true one; without one up to a tenth wider after many thousands.
/// </summary>
/// <remarks>
/// <para>
/// The hedged capital process of Waudby-Smith and Ramdas (2024, theorem 3). On values scaled to [0, 1], two gamblers bet against each candidate
/// mean m: K+(m) is the product of 1 + min(l, 1 / (2 m)) (x - m), K-(m) that of 1 - min(l, 1 / (2 (1 - m))) (x - m); m is excluded once either
/// reaches 2 / alpha. The bet l is predictable, sqrt(2 ln(2 / alpha) / (variance n ln(1 + n))) with the variance of earlier values. Given an
/// expected count N, n ln(1 + n) is replaced by N up to the N-th value and by n log2(1 + n / N) after it, which makes the interval narrowest
/// around N values; it holds at every moment all the same.
/// </para>
/// <para>
/// K+ falls in m and K- rises, so that a candidate excluded by K+ excludes all means below it and one excluded by K- all above. The candidates
/// are the multiples of 1 / (number of candidates) of the range, and each end is the outermost excluded candidate: the interval is
/// rounded outwards by less than one step at either end and loses no coverage to the grid. It never becomes narrower than one step.
/// </para>
/// <para>
/// Assumptions: limits that are true, and values whose mean, given all earlier ones, is the same constant (independent values of one mean will
/// do). Values outside the limits are clipped and counted: the interval is then one for the mean of the clipped values. NaN are skipped and
/// counted. Where values depend on each other, add block means. When the assumptions are broken, no mean may be left, see
/// <see cref="IsEmpty"/>. 16 bytes per candidate, 0 bytes per value; a value costs time in proportion to the candidates still inside. Not
/// thread-safe.
/// </para>
/// </remarks>
public sealed class BettingConfidenceSequence : ISavedState
{
    private const double LargestLoss = 0.5;
    private const int LargestGrid = 1_000_000;

    private readonly double _threshold;
    private readonly double _confidence;
    private readonly double[] _rising;
    private readonly double[] _falling;
    private DeclaredLimits _limits;
    private PredictableMoments _moments;

    // The last candidate excluded from below and the first excluded from above; outside the grid while there is none.
    private int _below = -1;
    private int _above;

    /// <summary>A sequence before its first value; its interval is the whole range.</summary>
    /// <param name="low">What no value is below.</param>
    /// <param name="high">What no value is above; greater than <paramref name="low"/>.</param>
    /// <param name="alpha">Probability that the mean is ever outside, strictly between 0 and 1.</param>
    /// <param name="candidates">Steps into which the range is divided, 2 to 1 000 000.</param>
    /// <param name="expectedCount">Values at which the interval shall be narrowest; 0 for no such number.</param>
    public BettingConfidenceSequence(double low = 0, double high = 1, double alpha = 0.05, int candidates = 1000, long expectedCount = 0)
    {
        _limits = new DeclaredLimits(low, high);
        SignificanceLevel.ThrowIfInvalid(alpha);
        if (candidates is < 2 or > LargestGrid)
            throw new ArgumentOutOfRangeException(nameof(candidates), candidates, $"2 to {LargestGrid} candidates are needed.");
        ArgumentOutOfRangeException.ThrowIfNegative(expectedCount);
        Alpha = alpha;
        Candidates = candidates;
        ExpectedCount = expectedCount;
        _threshold = 2 / alpha;
        _confidence = Math.Log(_threshold);
        _rising = new double[candidates + 1];
        _falling = new double[candidates + 1];
        _rising.AsSpan().Fill(1);
        _falling.AsSpan().Fill(1);
        _above = candidates + 1;
    }

    static byte ISavedState.Kind => 35;

    /// <summary>Probability that the mean is ever outside the interval.</summary>
    public double Alpha { get; }

    /// <summary>Steps into which the range is divided.</summary>
    public int Candidates { get; }

    /// <summary>Values at which the interval shall be narrowest; 0 for no such number.</summary>
    public long ExpectedCount { get; }

    /// <summary>Distance of two candidates, in the unit of the values.</summary>
    public double Resolution => _limits.Range / Candidates;

    /// <summary>Values added, NaN excluded.</summary>
    public long Count => _moments.Count;

    /// <summary>Values that were outside the limits and taken as the limit.</summary>
    public long ClippedCount => _limits.Clipped;

    /// <summary>NaN that were skipped.</summary>
    public long NaNCount => _limits.NotANumber;

    /// <summary>Lower end of the interval, in the unit of the values.</summary>
    public double Lower => _limits.Unscale(int.Max(_below, 0) / (double)Candidates);

    /// <summary>Upper end of the interval, in the unit of the values.</summary>
    public double Upper => _above >= Candidates ? _limits.High : _limits.Unscale(_above / (double)Candidates);

    /// <summary>True when no mean fits all looks: the mean has moved, the values depend on each other, or an event of probability alpha has happened.</summary>
    public bool IsEmpty => _below >= _above;

    /// <summary>Takes the next value.</summary>
    public void Add(double value)
    {
        if (!_limits.TryScale(value, out double x))
            return;
        double bet = Math.Sqrt(2 * _confidence / (_moments.Variance * Horizon(_moments.Count + 1)));
        double step = 1.0 / Candidates;
        _moments.Add(x);

        // The gamblers go on at the excluded candidates that are the ends, so that a mean that moved is noticed at any resolution.
        for (int i = int.Max(_below, 0); i <= int.Min(_above, Candidates); i++)
        {
            double mean = i * step, rest = (Candidates - i) * step, gap = x - mean;
            _rising[i] *= 1 + ((bet * mean <= LargestLoss ? bet : LargestLoss / mean) * gap);
            _falling[i] *= 1 - ((bet * rest <= LargestLoss ? bet : LargestLoss / rest) * gap);
        }

        int below = _below, above = _above;
        while (below < int.Min(_above, Candidates) && _rising[below + 1] >= _threshold)
            below++;
        while (above > int.Max(_below, 0) && _falling[above - 1] >= _threshold)
            above--;
        (_below, _above) = (below, above);
    }

    /// <summary>
    /// An interval for the mean of <paramref name="current"/> minus that of <paramref name="reference"/> that holds at every moment with probability
    /// 1 less both alphas. A reference that has stopped growing keeps its own uncertainty in the bound.
    /// </summary>
    public static (double Lower, double Upper) Difference(BettingConfidenceSequence reference, BettingConfidenceSequence current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return (current.Lower - reference.Upper, current.Upper - reference.Lower);
    }

    /// <summary>The sequence in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was added by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with other settings.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        _limits.Transfer(ref transfer);
        transfer.Setting(Alpha, "alpha");
        transfer.Setting(Candidates, "candidates");
        transfer.Setting(ExpectedCount, "expectedCount");
        _moments.Transfer(ref transfer);

        // Both ends are at least one outside of the numbers that can be stored.
        int below = _below + 1;
        transfer.Length(ref below, Candidates + 1);
        _below = below - 1;
        transfer.Length(ref _above, Candidates + 1);

        // Excluded candidates inside the ends never bet again.
        int first = int.Min(int.Max(_below, 0), Candidates), last = int.Min(_above, Candidates);
        if (first <= last)
        {
            transfer.Values(_rising.AsSpan(first..(last + 1)));
            transfer.Values(_falling.AsSpan(first..(last + 1)));
        }
    }

    private double Horizon(double n) =>
        ExpectedCount == 0 ? n * Math.Log(1 + n) : n <= ExpectedCount ? ExpectedCount : n * Math.Log2(1 + (n / ExpectedCount));
}
