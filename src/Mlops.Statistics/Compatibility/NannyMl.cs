namespace Mlops.Statistics;

/// <summary>
/// The figures that NannyML (Python) shows under the same names, for thresholds that were tuned on them. For decisions use this package's
/// own tests.
/// </summary>
/// <remarks>
/// Numbers are binned by numpy's Doane rule over the reference alone; current values outside its range share one more bin. Values that are
/// not finite are ignored.
/// </remarks>
public static class NannyMl
{
    /// <summary>Jensen-Shannon distance to base 2, 0 to 1; null when a sample holds no finite value.</summary>
    public static double? JensenShannonDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Count(reference, current) is (long[] r, long[] c) ? JensenShannon.DistanceBase2(r, c) : null;

    /// <summary>Hellinger distance, 0 to 1; null when a sample holds no finite value.</summary>
    public static double? HellingerDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        Count(reference, current) is (long[] r, long[] c) ? Hellinger.Distance(r, c) : null;

    internal static EqualWidthBins? Bins(ReadOnlySpan<double> reference)
    {
        using SortedSample x = SortedSample.Rent(reference);
        ReadOnlySpan<double> finite = CdfIntegral.Finite(x.Values);
        return finite.IsEmpty ? null : EqualWidthBins.Doane(finite.ToArray());
    }

    private static (long[] Reference, long[] Current)? Count(ReadOnlySpan<double> reference, ReadOnlySpan<double> current)
    {
        if (Bins(reference) is not { } bins)
            return null;
        using SortedSample y = SortedSample.Rent(current);
        ReadOnlySpan<double> finite = CdfIntegral.Finite(y.Values);
        if (finite.IsEmpty)
            return null;
        (long[] counts, long outside) = bins.Count(finite);
        return ([.. bins.Count(reference).Counts, 0], [.. counts, outside]);
    }
}
