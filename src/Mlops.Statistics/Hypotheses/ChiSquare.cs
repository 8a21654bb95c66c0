namespace Mlops.Statistics;

/// <summary>
/// Pearson's chi-squared test that two samples of categories share one law (a contingency test: the reference's own noise
/// counts, unlike a one-sample test against scaled reference counts, which raises 28 to 87 % false alarms).
/// </summary>
/// <remarks>
/// Categories that expect fewer than five values of the smaller sample are pooled into one (Cochran 1954); the
/// statistic, degrees of freedom and p-value are those of the pooled table. The effect is Cramer's V of the pooled table with the 95 % interval
/// that a noncentral chi-squared law gives it (Smithson 2003).
/// </remarks>
public static class ChiSquare
{
    /// <summary>Compares counts of the same categories.</summary>
    /// <param name="reference">Counts per category.</param>
    /// <param name="current">Counts of the same categories.</param>
    /// <param name="mergeRare">Pool rare categories (default); false drops only the empty ones, as scipy requires.</param>
    /// <param name="yates">Apply Yates's correction to a 2 x 2 table, as scipy's default does; conservative.</param>
    public static TwoSampleResult Test(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, bool mergeRare = true, bool yates = false) =>
        ContingencyTable.Test(reference, current, mergeRare, yates, static (table, corrected) => table.Pearson(corrected));

    /// <summary>
    /// The same statistic with nothing pooled and its p-value by seeded relabelling with both margins kept: exact however rare the categories.
    /// The effect is Cramer's V of the whole table.
    /// </summary>
    /// <exception cref="ArgumentException">The bins differ, a count is negative, or there are more than 2^31 - 1 values.</exception>
    public static TwoSampleResult TestByRelabelling(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, RelabellingOptions? options = null) =>
        CountRelabelling.Test(reference, current, static (r, c) => Test(r, c, mergeRare: false).Statistic, options, Test(reference, current, mergeRare: false).Effect);
}
