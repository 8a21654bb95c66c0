namespace Mlops.Statistics;

/// <summary>
/// Whether rows lie as far from the reference's principal components as the reference's own rows do: sensitive to relations between columns that no
/// longer hold, which no column alone shows. Blind to changes within the plane of the components.
/// </summary>
/// <remarks>
/// One half of the reference fits the components. The other half, new to them as the current rows are, is compared: under the null both halves' errors have one law, so the
/// p-value is that of <see cref="KolmogorovSmirnov"/> and accounts for a finite reference. Samples are row-major. Rows with a value that is not finite are ignored.
/// </remarks>
public static class ReconstructionError
{
    private const int FewestRows = 4;

    // About a millisecond; beyond, the limit is good to a few percent.
    private static readonly KolmogorovSmirnovOptions ErrorOptions = new() { MaximumCells = 1_000_000 };

    /// <summary>
    /// Tests that the errors of held-out reference rows and of current rows have one law. Statistic and effect are the Kolmogorov-Smirnov distance of the errors, 0 to 1, which
    /// larger errors and smaller ones raise alike.
    /// </summary>
    /// <remarks>Of more than 1 024 columns, at most 1 024 rows fit the components; the others are compared.</remarks>
    /// <param name="reference">Rows of the reference; at least four.</param>
    /// <param name="current">Rows of the current sample; at least one.</param>
    /// <param name="columns">Values per row, at least 1.</param>
    /// <param name="options">Variance share, seed.</param>
    /// <exception cref="ArgumentException">A sample is no whole number of rows.</exception>
    public static TwoSampleResult Test(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns, ReconstructionErrorOptions? options = null) =>
        Test(SampleRows.Pool(reference, current, columns), options ?? ReconstructionErrorOptions.Default);

    /// <inheritdoc cref="Test(ReadOnlySpan{double}, ReadOnlySpan{double}, int, ReconstructionErrorOptions?)"/>
    public static TwoSampleResult Test(ReadOnlySpan<float> reference, ReadOnlySpan<float> current, int columns, ReconstructionErrorOptions? options = null) =>
        Test(SampleRows.Pool(reference, current, columns), options ?? ReconstructionErrorOptions.Default);

    private static TwoSampleResult Test(SampleRows rows, ReconstructionErrorOptions options)
    {
        (int n, int m) = (rows.ReferenceCount, rows.CurrentCount);
        if (n == 0 || m == 0)
            return TwoSampleResult.NotComputable(NotComputableReason.EmptySample, n, m);
        if (n < FewestRows)
            return TwoSampleResult.NotComputable(NotComputableReason.TooFewValues, n, m);
        int[] order = [.. Enumerable.Range(0, n)];
        new SplitMix64(options.Seed).Shuffle(order.AsSpan());
        int fitted = rows.Columns > PrincipalComponents.MaximumSize ? int.Min(n / 2, PrincipalComponents.MaximumSize) : n / 2;
        double[] half = new double[fitted * rows.Columns];
        for (int i = 0; i < fitted; i++)
            rows.Row(order[i]).CopyTo(half.AsSpan(i * rows.Columns));
        if (PrincipalComponents.Fit(half, rows.Columns, options.VarianceShare) is not { } components)
            return TwoSampleResult.NotComputable(NotComputableReason.ConstantSample, n, m);
        double[] ofReference = Array.ConvertAll(order[fitted..], i => components.Error(rows.Row(i)));
        double[] ofCurrent = new double[m];
        for (int i = 0; i < m; i++)
            ofCurrent[i] = components.Error(rows.Row(n + i));
        return KolmogorovSmirnov.Test(ofReference, ofCurrent, ErrorOptions) with { ReferenceCount = n, CurrentCount = m };
    }
}
