namespace Mlops.Statistics;

/// <summary>
/// The likelihood-ratio test that two samples of categories share one law: G = 2 sum O ln(O / E). Pooling, degrees of
/// freedom and effect as <see cref="ChiSquare"/>, whose own p-value is the better one at small counts (5.1 % of false alarms against 6.3 at 100 values).
/// </summary>
public static class GTest
{
    /// <summary>Compares counts of the same categories.</summary>
    /// <param name="reference">Counts per category.</param>
    /// <param name="current">Counts of the same categories.</param>
    /// <param name="mergeRare">Pool rare categories (default); false drops only the empty ones.</param>
    /// <param name="yates">Move each cell of a 2 x 2 table a half towards its expectation; conservative.</param>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool mergeRare = true, bool yates = false) =>
        ContingencyTable.Test(reference, current, mergeRare, yates, static (table, corrected) => table.LogLikelihoodRatio(corrected));
}
