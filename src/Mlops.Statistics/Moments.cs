namespace Mlops.Statistics;

/// <summary>
/// Count, extremes, mean and central moments of a sample in one pass over memory. Values that are not finite are counted
/// by kind and excluded from everything else.
/// </summary>
/// <remarks>
/// <para>
/// The values are shifted by a pivot near the data, blocks are reduced in two passes and merged by Chan's and Pebay's
/// formulas: the variance of 1e12 + N(0,1) keeps a relative error below 1e-13 where Welford's method keeps four digits.
/// The bits of the result do not depend on the instruction set. They do depend on how the data is cut: merged parts agree
/// with the whole to about 1e-14 relative, not in bits.
/// </para>
/// <para>
/// Undefined quantities (any of an empty sample, variance of one value, skewness of a constant, a power that leaves the
/// range of double) are <see langword="null"/>, never NaN. The default value is the empty sample. Immutable.
/// </para>
/// </remarks>
public readonly struct Moments : IEquatable<Moments>
{
    private readonly double _pivot;
    private readonly MomentSums _sums;

    internal Moments(double pivot, in MomentSums sums)
    {
        _pivot = pivot;
        _sums = sums;
    }

    /// <summary>Number of finite values.</summary>
    public long Count => _sums.Count;

    /// <summary>Number of NaN.</summary>
    public long NaNCount => _sums.NaNCount;

    /// <summary>Number of +Infinity.</summary>
    public long PositiveInfinityCount => _sums.PositiveInfinityCount;

    /// <summary>Number of -Infinity.</summary>
    public long NegativeInfinityCount => _sums.NegativeInfinityCount;

    /// <summary>All values seen, finite or not.</summary>
    public long TotalCount => Count + NaNCount + PositiveInfinityCount + NegativeInfinityCount;

    /// <summary>Smallest finite value; a negative zero is reported as zero.</summary>
    public double? Min => Count > 0 ? _sums.Min : null;

    /// <summary>Largest finite value.</summary>
    public double? Max => Count > 0 ? _sums.Max : null;

    /// <summary>Arithmetic mean of the finite values.</summary>
    public double? Mean => Count > 0 ? Finite(_pivot + _sums.Offset) : null;

    /// <summary>Sum of squared deviations from the mean; 0 for fewer than two values.</summary>
    public double M2 => _sums.M2;

    /// <summary>Sum of cubed deviations from the mean.</summary>
    public double M3 => _sums.M3;

    /// <summary>Sum of fourth powers of deviations from the mean.</summary>
    public double M4 => _sums.M4;

    /// <summary>Unbiased sample variance M2 / (n - 1); needs two values.</summary>
    public double? Variance => Count > 1 ? Finite(M2 / (Count - 1)) : null;

    /// <summary>Variance with divisor n; needs one value.</summary>
    public double? PopulationVariance => Count > 0 ? Finite(M2 / Count) : null;

    /// <summary>Square root of <see cref="Variance"/>.</summary>
    public double? StandardDeviation => Variance is double v ? Math.Sqrt(v) : null;

    /// <summary>Moment skewness g1 = sqrt(n) M3 / M2^1.5 (biased, as scipy's default); null for a constant.</summary>
    public double? Skewness => Count > 1 && M2 > 0 ? Finite(Math.Sqrt(Count) * (M3 / M2 / Math.Sqrt(M2))) : null;

    /// <summary>Excess kurtosis g2 = n M4 / M2^2 - 3 (biased, as scipy's default); null for a constant.</summary>
    public double? Kurtosis => Count > 1 && M2 > 0 ? Finite((Count * (M4 / M2 / M2)) - 3) : null;

    /// <summary>The moments of <paramref name="values"/>; 0.3 to 0.5 ns per value from cache.</summary>
    public static Moments Of(ReadOnlySpan<double> values) => MomentKernel.Compute(values);

    /// <inheritdoc cref="Of(ReadOnlySpan{double})"/>
    /// <remarks>Floats are widened first: the result equals, bit for bit, that of the same values as doubles.</remarks>
    public static Moments Of(ReadOnlySpan<float> values) => MomentKernel.Compute(values);

    /// <summary>Restores what <see cref="ToState"/> returned.</summary>
    /// <exception cref="ArgumentException">A count is negative.</exception>
    public static Moments FromState(in MomentsState state)
    {
        if (state.Count < 0 || state.NaNCount < 0 || state.PositiveInfinityCount < 0 || state.NegativeInfinityCount < 0)
            throw new ArgumentException($"Counts must not be negative; the state holds {state}.", nameof(state));
        if (state.M2 < 0 || state.M4 < 0)
            throw new ArgumentException($"Sums of even powers must not be negative; the state holds {state}.", nameof(state));
        return new Moments(state.Pivot, new MomentSums
        {
            Count = state.Count,
            NaNCount = state.NaNCount,
            PositiveInfinityCount = state.PositiveInfinityCount,
            NegativeInfinityCount = state.NegativeInfinityCount,
            Min = state.Min,
            Max = state.Max,
            Offset = state.Offset,
            M2 = state.M2,
            M3 = state.M3,
            M4 = state.M4,
        });
    }

    /// <summary>The numbers inside, for storage.</summary>
    public MomentsState ToState() => new(
        Count, NaNCount, PositiveInfinityCount, NegativeInfinityCount, _sums.Min, _sums.Max, _pivot, _sums.Offset, M2, M3, M4);

    /// <summary>The moments of both samples together (Chan, Golub and LeVeque 1979; Pebay 2008).</summary>
    public static Moments Merge(in Moments left, in Moments right)
    {
        if (right.Count == 0 || left.Count == 0)
        {
            MomentSums sums = left._sums;
            sums.Merge(right._sums);
            return new Moments(left.Count == 0 ? right._pivot : left._pivot, sums);
        }

        MomentSums rebased = right._sums;
        rebased.Offset = OffsetFrom(left._pivot, right);
        MomentSums merged = left._sums;
        merged.Merge(rebased);
        return new Moments(left._pivot, merged);
    }

    /// <inheritdoc cref="Merge(in Moments, in Moments)"/>
    public Moments Merge(in Moments other) => Merge(this, other);

    /// <inheritdoc/>
    public bool Equals(Moments other) =>
        Count == other.Count && NaNCount == other.NaNCount
        && PositiveInfinityCount == other.PositiveInfinityCount && NegativeInfinityCount == other.NegativeInfinityCount
        && _pivot.Equals(other._pivot) && _sums.Min.Equals(other._sums.Min) && _sums.Max.Equals(other._sums.Max)
        && _sums.Offset.Equals(other._sums.Offset) && M2.Equals(other.M2) && M3.Equals(other.M3) && M4.Equals(other.M4);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Moments other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Count, _pivot, _sums.Offset, M2, M3, M4);

    /// <summary>Equality of every bit, pivot included.</summary>
    public static bool operator ==(Moments left, Moments right) => left.Equals(right);

    /// <summary>Inequality of any bit.</summary>
    public static bool operator !=(Moments left, Moments right) => !left.Equals(right);

    /// <summary>The mean of <paramref name="right"/> minus that of <paramref name="left"/>, without the rounding of either mean.</summary>
    internal static double? Difference(in Moments left, in Moments right) =>
        left.Count > 0 && right.Count > 0 ? Finite(OffsetFrom(left._pivot, right) - left._sums.Offset) : null;

    /// <summary>
    /// The mean of <paramref name="sample"/> minus <paramref name="pivot"/>. The two pivots may be far apart and their
    /// difference inexact, so its rounding error is carried along (Knuth's two-sum).
    /// </summary>
    private static double OffsetFrom(double pivot, in Moments sample)
    {
        double difference = sample._pivot - pivot;
        double virtualPivot = sample._pivot - difference;
        double virtualSample = difference + virtualPivot;
        double error = (sample._pivot - virtualSample) + (virtualPivot - pivot);
        return difference + (error + sample._sums.Offset);
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
