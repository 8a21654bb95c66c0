namespace Mlops.Statistics;

/// <summary>
/// The figures that NannyML (Python) shows under the same names, for thresholds that were tuned on them. For decisions use this package's
/// own tests.
/// </summary>
/// <remarks>
/// Numbers are binned by numpy's Doane rule over the reference alone; current values outside its range share one more bin. Values that are
/// not finite are ignored. <see cref="NannyMlReference"/> compares one reference with many chunks, and has the other figures.
/// </remarks>
public static class NannyMl
{
    /// <summary>Jensen-Shannon distance to base 2, 0 to 1; null when a sample holds no finite value.</summary>
    public static double? JensenShannonDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        NannyMlReference.From(reference).JensenShannonDistance(current);

    /// <summary>Hellinger distance, 0 to 1; null when a sample holds no finite value.</summary>
    public static double? HellingerDistance(ReadOnlySpan<double> reference, ReadOnlySpan<double> current) =>
        NannyMlReference.From(reference).HellingerDistance(current);

    internal static EqualWidthBins? Bins(ReadOnlySpan<double> reference)
    {
        using SortedSample x = SortedSample.Rent(reference);
        ReadOnlySpan<double> finite = CdfIntegral.Finite(x.Values);
        return finite.IsEmpty ? null : EqualWidthBins.Doane(finite.ToArray());
    }
}
