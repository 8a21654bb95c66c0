namespace Mlops.Statistics;

/// <summary>
/// Energy distance sqrt(2 integral of (F - G)^2) (Szekely and Rizzo 2013, scipy's scale), in the square root of the unit of
/// the data. Zero exactly when the empirical laws agree. Values that are not finite are ignored.
/// </summary>
public static class EnergyDistance
{
    /// <summary>The distance, or null when a sample holds no finite value.</summary>
    public static double? Distance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        using SortedSample x = SortedSample.Rent(reference), y = SortedSample.Rent(current);
        return OfSorted(x.Values, y.Values);
    }

    /// <inheritdoc cref="Distance(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    public static double? Distance(ReadOnlySpan<float> reference, ReadOnlySpan<float> current)
    {
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
    /// Tests that both laws are equal, by seeded relabelling (Szekely and Rizzo 2004): sensitive to any difference, the more the further apart the values lie.
    /// </summary>
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
        CdfGap.Test(x, y, OfSorted(x, y), squared: true, options);

    private static double? OfSorted(ReadOnlySpan<double> x, ReadOnlySpan<double> y) =>
        CdfIntegral.Compute(x, y, squared: true) is double value && double.IsFinite(value) ? Math.Sqrt(2 * value) : null;
}
