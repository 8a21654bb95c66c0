namespace Mlops.Drift;

/// <summary>Where <see cref="NannyMlReport"/> alerts: below or above numbers of your own, or so many standard deviations from the mean of the reference's own chunks.</summary>
public sealed record NannyMlThreshold
{
    private readonly double? _lower;
    private readonly double? _upper;
    private readonly bool _isDeviations;

    private NannyMlThreshold(double? lower, double? upper, bool isDeviations)
    {
        _lower = lower;
        _upper = upper;
        _isDeviations = isDeviations;
    }

    /// <summary>NannyML's <c>ConstantThreshold</c>.</summary>
    /// <param name="lower">A value below it is an alert; null for none. Raised to 0, the least any figure can be.</param>
    /// <param name="upper">A value above it is an alert; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is not finite, or the lower is not below the upper one.</exception>
    public static NannyMlThreshold Constant(double? lower, double? upper)
    {
        Require.Finite(lower ?? 0, nameof(lower));
        Require.Finite(upper ?? 0, nameof(upper));
        if (lower >= upper)
            throw new ArgumentOutOfRangeException(nameof(lower), lower, $"{nameof(lower)} must be below {nameof(upper)}, {upper}, is {lower}.");
        return new NannyMlThreshold(lower, upper, isDeviations: false);
    }

    /// <summary>NannyML's <c>StandardDeviationThreshold</c>: the mean of the reference's chunks less and plus multiples of their standard deviation (divisor n).</summary>
    /// <param name="below">Deviations below the mean, at least 0; null for no lower bound.</param>
    /// <param name="above">Deviations above the mean, at least 0; null for no upper bound.</param>
    /// <exception cref="ArgumentOutOfRangeException">A multiple is negative or not finite.</exception>
    public static NannyMlThreshold StandardDeviations(double? below = 3, double? above = 3)
    {
        Require.NotNegative(below ?? 0, nameof(below));
        Require.NotNegative(above ?? 0, nameof(above));
        return new NannyMlThreshold(below, above, isDeviations: true);
    }

    internal static NannyMlThreshold DefaultOf(NannyMlMethod method) => method switch
    {
        NannyMlMethod.KolmogorovSmirnov => StandardDeviations(below: null),
        NannyMlMethod.Wasserstein => StandardDeviations(),
        NannyMlMethod.ChiSquare => Constant(null, null),
        _ => Constant(null, 0.1),
    };

    /// <summary>The bounds of a column; none where deviations are asked for and a chunk of the reference has no value.</summary>
    internal (double? Lower, double? Upper) Bounds(NannyMlMethod method, double?[] reference)
    {
        (double? lower, double? upper) = (_lower, _upper);
        if (_isDeviations)
        {
            if (reference.Contains(null))
                return (null, null);
            double mean = reference.Average()!.Value;
            double deviation = Math.Sqrt(reference.Average(value => (value!.Value - mean) * (value.Value - mean)));
            (lower, upper) = (mean - (_lower * deviation), mean + (_upper * deviation));
        }

        // No figure is below 0 and a Kolmogorov-Smirnov distance not above 1; NannyML moves bounds beyond that back.
        return (lower < 0 ? 0 : lower, upper > 1 && method == NannyMlMethod.KolmogorovSmirnov ? 1 : upper);
    }
}
