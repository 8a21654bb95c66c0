namespace Mlops.Statistics;

/// <summary>
/// Compares the mean of a stream with that of a finite reference, at every value, without an end: the probability of ever calling equal means
/// different is at most alpha, over the draw of the reference too. For values with known limits, such as shares, rates and clipped measurements.
/// </summary>
/// <remarks>
/// <para>
/// The mean behind the reference lies in its <see cref="BettingConfidenceSequence"/> at level delta, that of the stream in one at level
/// alpha - delta, tuned to be narrowest where both have as many values. While both hold, which fails with probability alpha at most, the difference of the
/// means lies between <see cref="Lower"/> and <see cref="Upper"/> at every moment; the verdict falls when the two intervals have parted. However long
/// the stream, a difference smaller than the reference's own error is never found.
/// </para>
/// <para>
/// Assumptions: limits that are true, a reference of values of one mean in random order, and a stream whose mean, given all earlier values, is the
/// same constant while nothing has changed. A stream whose mean moves later is found too, more slowly the more values came before;
/// <see cref="EDetector"/> is quicker then. Values outside the limits are clipped and counted: the means are then those of the clipped values. NaN are
/// skipped and counted. Where values depend on each other, add block means on both sides. 0 bytes per value. Not thread-safe.
/// </para>
/// </remarks>
public sealed class ReferenceMeanComparison : ISavedState
{
    private const int DefaultCandidates = 2000;

    private readonly BettingConfidenceSequence _stream;

    /// <summary>A comparison before the first value of the stream.</summary>
    /// <param name="reference">Values of the reference, at least one that is not NaN.</param>
    /// <param name="low">What no value is below.</param>
    /// <param name="high">What no value is above; greater than <paramref name="low"/>.</param>
    /// <param name="alpha">Probability of ever calling equal means different, strictly between 0 and 1.</param>
    /// <param name="delta">The part of alpha that the reference's error takes, strictly between 0 and alpha; null for a half.</param>
    /// <param name="candidates">Steps into which the range is divided, 2 to 1 000 000; the ends of the intervals lie on them.</param>
    public ReferenceMeanComparison(
        ReadOnlySpan<double> reference, double low = 0, double high = 1, double alpha = 0.05, double? delta = null, int candidates = DefaultCandidates)
    {
        SignificanceLevel.ThrowIfInvalid(alpha);
        double part = delta ?? (0.5 * alpha);
        if (!(part > 0 && part < alpha))
            throw new ArgumentOutOfRangeException(nameof(delta), part, $"A part strictly between 0 and the {alpha} of alpha is needed.");
        Alpha = alpha;
        Delta = part;
        BettingConfidenceSequence known = new(low, high, part, candidates, reference.Length);
        foreach (double value in reference)
            known.Add(value);
        if (known.Count == 0)
            throw new ArgumentException("The reference has no value that is a number.", nameof(reference));
        if (known.IsEmpty)
            throw new ArgumentException("No single mean fits the reference in its order: its first values have another mean than its last. Shuffle it, or take a part that is stable.", nameof(reference));
        (ReferenceLower, ReferenceUpper, ReferenceCount) = (known.Lower, known.Upper, known.Count);
        _stream = new BettingConfidenceSequence(low, high, alpha - part, candidates, known.Count);
    }

    static byte ISavedState.Kind => 37;

    /// <summary>Probability of ever calling equal means different.</summary>
    public double Alpha { get; }

    /// <summary>The part of alpha that the reference's error takes.</summary>
    public double Delta { get; }

    /// <summary>Values of the reference, NaN excluded.</summary>
    public long ReferenceCount { get; }

    /// <summary>Lower end of the interval for the mean behind the reference.</summary>
    public double ReferenceLower { get; }

    /// <summary>Upper end of the interval for the mean behind the reference.</summary>
    public double ReferenceUpper { get; }

    /// <summary>Values of the stream, NaN excluded.</summary>
    public long Count => _stream.Count;

    /// <summary>Values of the stream that were outside the limits and taken as the limit.</summary>
    public long ClippedCount => _stream.ClippedCount;

    /// <summary>NaN of the stream that were skipped.</summary>
    public long NaNCount => _stream.NaNCount;

    /// <summary>Lower end of the interval for the mean of the stream minus that of the reference.</summary>
    public double Lower => _stream.Lower - ReferenceUpper;

    /// <summary>Upper end of the interval for the mean of the stream minus that of the reference.</summary>
    public double Upper => _stream.Upper - ReferenceLower;

    /// <summary>True, and from then on for ever, once the means are called different, or no single mean fits the stream.</summary>
    public bool IsDifferent => Lower > 0 || Upper < 0 || _stream.IsEmpty;

    /// <summary>Takes the next value of the stream.</summary>
    public void Add(double value) => _stream.Add(value);

    /// <summary>The comparison in a versioned binary form, from which <see cref="RestoreState"/> goes on exactly. The reference itself is not in it.</summary>
    public byte[] SaveState() => SavedState.Save(this);

    /// <summary>Replaces what was added by a saved state.</summary>
    /// <exception cref="FormatException">The bytes are damaged, of another version or kind, or were saved with other settings or another reference.</exception>
    public void RestoreState(ReadOnlySpan<byte> state) => SavedState.Restore(this, state);

    void ISavedState.Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(ReferenceCount, "the reference's count");
        transfer.Setting(ReferenceLower, "the reference's lower end");
        transfer.Setting(ReferenceUpper, "the reference's upper end");
        transfer.Setting(Delta, "delta");
        ((ISavedState)_stream).Transfer(ref transfer);
    }
}
