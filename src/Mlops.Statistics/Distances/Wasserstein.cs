namespace Mlops.Statistics;

/// <summary>
/// Wasserstein-1 distance, the integral of |F - G| (Vallender 1974): how far, in the unit of the data, probability has to
/// move. It needs a finite mean.
/// </summary>
/// <remarks>
/// Values that are not finite are ignored. Large samples are counted in cells and only a few values sorted; otherwise sorting is the cost. Error: relative 1e-12
/// up to some thousand values, 1e-9 at a million.
/// </remarks>
public static class Wasserstein
{
    /// <summary>The distance, or null when a sample holds no finite value.</summary>
    public static double? Distance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (UnsortedIntegral.Compute(reference, current) is double large)
            return large;
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return OfSorted(x.Values, y.Values);
    }

    /// <inheritdoc cref="Distance(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static double? Distance(ReadOnlySpan<float> reference, ReadOnlySpan<float> current)
    {
        if (UnsortedIntegral.Compute(reference, current) is double large)
            return large;
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return OfSorted(x.Values, y.Values);
    }

    /// <summary>The distance from a reference that was sorted once.</summary>
    public static double? Distance(PreparedSample reference, ReadOnlySpan<double> current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return OfSorted(reference.Sorted, window.Values);
    }

    /// <inheritdoc cref="Distance(PreparedSample, ReadOnlySpan{double})"/>
    public static double? Distance(PreparedSample reference, ReadOnlySpan<float> current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return OfSorted(reference.Sorted, window.Values);
    }

    /// <summary>The distance between two prepared samples, without sorting anything.</summary>
    public static double? Distance(PreparedSample reference, PreparedSample current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return OfSorted(reference.Sorted, current.Sorted);
    }

    /// <summary>
    /// The distance in standard deviations of the reference: W1 / max(sd, <paramref name="minimumDeviation"/>) with divisor n,
    /// Evidently's normed form.
    /// </summary>
    /// <param name="reference">Sets the scale.</param>
    /// <param name="current">Compared with it.</param>
    /// <param name="minimumDeviation">Floor of the scale, in the unit of the data.</param>
    public static double? NormedDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, double minimumDeviation = 0.001) =>
        Normed(Distance(reference, current), Moments.Of(reference), minimumDeviation);

    /// <inheritdoc cref="NormedDistance(ReadOnlySpan{double}, ReadOnlySpan{double}, double)"/>
    public static double? NormedDistance(ReadOnlySpan<float> reference, ReadOnlySpan<float> current, double minimumDeviation = 0.001) =>
        Normed(Distance(reference, current), Moments.Of(reference), minimumDeviation);

    /// <inheritdoc cref="NormedDistance(ReadOnlySpan{double}, ReadOnlySpan{double}, double)"/>
    public static double? NormedDistance(PreparedSample reference, ReadOnlySpan<double> current, double minimumDeviation = 0.001)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Normed(Distance(reference, current), Moments.Of(reference.Sorted), minimumDeviation);
    }

    /// <summary>Tests that both laws are equal, by seeded relabelling of the distance.</summary>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, RelabellingOptions? options = null)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values, options);
    }

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double}, RelabellingOptions?)"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current, RelabellingOptions? options = null)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return TestSorted(x.Values, y.Values, options);
    }

    /// <summary>The same test of a window against a reference that was sorted once.</summary>
    public static TwoSampleResult Test(PreparedSample reference, ReadOnlySpan<double> current, RelabellingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return TestSorted(reference.Sorted, window.Values, options);
    }

    /// <inheritdoc cref="Test(PreparedSample, ReadOnlySpan{double}, RelabellingOptions?)"/>
    public static TwoSampleResult Test(PreparedSample reference, ReadOnlySpan<float> current, RelabellingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        using SortedSample window = SortedSample.Rent(current);
        return TestSorted(reference.Sorted, window.Values, options);
    }

    /// <summary>The same test of two prepared samples.</summary>
    public static TwoSampleResult Test(PreparedSample reference, PreparedSample current, RelabellingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        return TestSorted(reference.Sorted, current.Sorted, options);
    }

    private static TwoSampleResult TestSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y, RelabellingOptions? options) =>
        CdfGap.Test(x, y, OfSorted(x, y), squared: false, options);

    private static double? Normed(double? distance, in Moments reference, double minimumDeviation)
    {
        if (!(minimumDeviation >= 0))
            throw new ArgumentOutOfRangeException(nameof(minimumDeviation), minimumDeviation, "A floor of at least 0 is needed.");
        if (distance is null || reference.PopulationVariance is not double variance)
            return null;
        double scale = double.Max(Math.Sqrt(variance), minimumDeviation);
        return scale > 0 ? distance / scale : null;
    }

    private static double? OfSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y) =>
        CdfIntegral.Compute(x, y, squared: false) is double value && double.IsFinite(value) ? value : null;
}
