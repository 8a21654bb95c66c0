namespace Mlops.Statistics;

/// <summary>
/// Cramer's V between sample membership and category: the chi-squared statistic scaled to [0, 1], comparable across sample
/// sizes and numbers of categories.
/// </summary>
public static class CramersV
{
    /// <summary>The plain form sqrt(chi^2 / N) for two samples; biased upwards at small counts. 0 for a single category, null when a sample is empty.</summary>
    public static double? Compute(ReadOnlySpan<long> reference, ReadOnlySpan<long> current) =>
        Phi(reference, current, out _, out _) is double phi2 ? Math.Sqrt(double.Min(1, phi2)) : null;

    /// <summary>Bergsma's (2013) bias-corrected form, near 0 for equal laws at any count; null when a sample is empty.</summary>
    public static double? ComputeCorrected(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (Phi(reference, current, out double total, out int columns) is not double phi2)
            return null;
        double corrected = double.Max(0, phi2 - ((columns - 1) / (total - 1)));
        double rows = 2 - (1 / (total - 1));
        double wide = columns - ((columns - 1.0) * (columns - 1) / (total - 1));
        double least = double.Min(rows, wide) - 1;
        return least > 0 ? Math.Sqrt(double.Min(1, corrected / least)) : 0;
    }

    private static double? Phi(ReadOnlySpan<long> reference, ReadOnlySpan<long> current, out double total, out int columns)
    {
        (total, columns) = (0, 0);
        if (!Counts.AreComparable(reference, current))
            return null;
        ContingencyTable table = ContingencyTable.Create(reference, current, mergeRare: false);
        total = table.Total;
        columns = table.Columns;
        return columns < 2 ? 0 : table.Pearson(yates: false) / total;
    }
}
