namespace Mlops.Statistics;

/// <summary>The finite rows of two row-major samples, the reference's first.</summary>
internal readonly record struct SampleRows(double[] Values, int Columns, int ReferenceCount, int CurrentCount)
{
    public ReadOnlySpan<double> Row(int index) => Values.AsSpan(index * Columns, Columns);

    public static SampleRows Pool(ReadOnlySpan<double> reference, ReadOnlySpan<double> current, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        double[] pooled = new double[reference.Length + current.Length];
        int n = Take(reference, columns, pooled, nameof(reference));
        int m = Take(current, columns, pooled.AsSpan(n * columns), nameof(current));
        return new(pooled[..((n + m) * columns)], columns, n, m);
    }

    public static SampleRows Pool(ReadOnlySpan<float> reference, ReadOnlySpan<float> current, int columns)
    {
        double[] wide = new double[reference.Length + current.Length];
        SampleSort.Widen(reference, wide);
        SampleSort.Widen(current, wide.AsSpan(reference.Length));
        return Pool(wide.AsSpan(0, reference.Length), wide.AsSpan(reference.Length), columns);
    }

    private static int Take(ReadOnlySpan<double> rows, int columns, Span<double> pooled, string name)
    {
        if (rows.Length % columns != 0)
            throw new ArgumentException($"{rows.Length} values are no whole number of rows of {columns}.", name);
        int taken = 0;
        for (int i = 0; i < rows.Length; i += columns)
        {
            ReadOnlySpan<double> row = rows.Slice(i, columns);
            bool finite = true;
            foreach (double value in row)
                finite &= double.IsFinite(value);
            if (!finite)
                continue;
            row.CopyTo(pooled[(taken * columns)..]);
            taken++;
        }

        return taken;
    }
}
