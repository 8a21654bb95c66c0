namespace Mlops.Statistics;

/// <summary>
/// An interval for a mean that holds at every moment at once: with probability 1 - alpha it contains the mean at all looks, however often one
/// looks and whenever one stops. For values with known limits, such as shares, rates and clipped measurements.
/// </summary>
/// <remarks>
/// <para>
/// The empirical-Bernstein sequence of Waudby-Smith and Ramdas (2024, theorem 2) with predictable weights: on values scaled to [0, 1],
/// sum(l x) / sum(l) +- (ln(2 / alpha) + sum(4 (x - m)^2 psi(l))) / sum(l), psi(l) = (-ln(1 - l) - l) / 4, where l and m depend on earlier
/// values only. The interval is the intersection of those of all looks. Its width falls as sqrt(variance ln(n) / n).
/// </para>
/// <para>
/// Assumptions: limits that are true, and values whose mean, given all earlier ones, is the same constant (independent values of one mean will
/// do). Values outside the limits are clipped and counted: the interval is then one for the mean of the clipped values. NaN are skipped and
/// counted. Where values depend on each other, add block means. When the assumptions are broken, the intersection may become
/// empty, see <see cref="IsEmpty"/>. 0 bytes per value, constant memory. Not thread-safe.
/// </para>
/// </remarks>
public sealed class MeanConfidenceSequence : ISavedState
{
    private const double LargestWeight = 0.5;

    private readonly double _confidence;
    private DeclaredLimits _limits;
    private PredictableMoments _moments;
    private double _weights;
    private double _weighted;
    private double _penalty;
    private double _lower;
    private double _upper = 1;

    /// <summary>A sequence before its first value; its interval is the whole range.</summary>
    /// <param name="low">What no value is below.</param>
    /// <param name="high">What no value is above; greater than <paramref name="low"/>.</param>
    /// <param name="alpha">Probability that the mean is ever outside, strictly between 0 and 1.</param>
    public MeanConfidenceSequence(double low = 0, double high = 1, double alpha = 0.05)
    {
        _limits = new DeclaredLimits(low, high);
        SignificanceLevel.ThrowIfInvalid(alpha);
        Alpha = alpha;
        _confidence = Math.Log(2 / alpha);
    }

    static byte ISavedState.Kind => 32;

    /// <summary>Probability that the mean is ever outside the interval.</summary>
    public double Alpha { get; }

    /// <summary>Values added, NaN excluded.</summary>
    public long Count => _moments.Count;

    /// <summary>Values that were outside the limits and taken as the limit.</summary>
    public long ClippedCount => _limits.Clipped;

    /// <summary>NaN that were skipped.</summary>
    public long NaNCount => _limits.NotANumber;

    /// <summary>Lower end of the interval, in the unit of the values.</summary>
    public double Lower => _limits.Unscale(_lower);

    /// <summary>Upper end of the interval, in the unit of the values.</summary>
    public double Upper => _limits.Unscale(_upper);

    /// <summary>True when no mean fits all looks: the mean has moved, the values depend on each other, or an event of probability alpha has happened.</summary>
    public bool IsEmpty => _lower > _upper;

    /// <summary>Takes the next value.</summary>
    public void Add(double value)
    {
        if (!_limits.TryScale(value, out double x))
            return;
        double gap = x - _moments.Mean, variance = _moments.Variance;
        _moments.Add(x);
        double weight = double.Min(LargestWeight, Math.Sqrt(2 * _confidence / (variance * _moments.Count * Math.Log(1 + (double)_moments.Count))));
        _weights += weight;
        _weighted += weight * x;
        _penalty += gap * gap * (-Math.Log(1 - weight) - weight);

        double center = _weighted / _weights, half = (_confidence + _penalty) / _weights;
        _lower = double.Max(_lower, center - half);
        _upper = double.Min(_upper, center + half);
    }

    /// <summary>
    /// An interval for the mean of <paramref name="current"/> minus that of <paramref name="reference"/> that holds at every moment with probability
    /// 1 less both alphas. A reference that has stopped growing keeps its own uncertainty in the bound.
    /// </summary>
    public static (double Lower, double Upper) Difference(MeanConfidenceSequence reference, MeanConfidenceSequence current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return (current.Lower - reference.Upper, current.Upper - reference.Lower);
    }

    /// <summary>The sequence in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was added by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with other limits or another alpha.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        _limits.Transfer(ref transfer);
        transfer.Setting(Alpha, "alpha");
        _moments.Transfer(ref transfer);
        transfer.Value(ref _weights);
        transfer.Value(ref _weighted);
        transfer.Value(ref _penalty);
        transfer.Value(ref _lower);
        transfer.Value(ref _upper);
    }
}
