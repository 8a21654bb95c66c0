namespace Mlops.Statistics;

/// <summary>Checked row-major features with their column means and scales.</summary>
internal readonly ref struct DesignMatrix
{
    private DesignMatrix(ReadOnlySpan<double> rows, int columns)
    {
        Rows = rows;
        Columns = columns;
    }

    public ReadOnlySpan<double> Rows { get; }

    public int Columns { get; }

    public int Count => Rows.Length / Columns;

    public ReadOnlySpan<double> Row(int i) => Rows.Slice(i * Columns, Columns);

    public static DesignMatrix Create(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        if (targets.IsEmpty)
            throw new ArgumentException("At least one row is needed.", nameof(targets));
        if (rows.Length != (long)targets.Length * columns)
            throw new ArgumentException($"{targets.Length} targets with {columns} columns need {(long)targets.Length * columns} features; {rows.Length} were given.", nameof(rows));
        for (int i = 0; i < rows.Length; i++)
        {
            if (!double.IsFinite(rows[i]))
                throw new ArgumentException($"Features must be finite; row {i / columns}, column {i % columns} is {rows[i]}.", nameof(rows));
        }

        for (int i = 0; i < targets.Length; i++)
        {
            if (!double.IsFinite(targets[i]))
                throw new ArgumentException($"Targets must be finite; number {i} is {targets[i]}.", nameof(targets));
        }

        return new(rows, columns);
    }

    public static void CheckRow(ReadOnlySpan<double> features, int expected)
    {
        if (features.Length != expected)
            throw new ArgumentException($"The model was fitted on {expected} features; {features.Length} were given.", nameof(features));
    }

    public double[] Means()
    {
        double[] means = new double[Columns];
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            for (int j = 0; j < means.Length; j++)
                means[j] += (row[j] - means[j]) / (i + 1);
        }

        return means;
    }

    /// <summary>Standard deviations with divisor n; 1 for a constant column.</summary>
    public double[] Scales(double[] means)
    {
        double[] scales = new double[Columns];
        for (int i = 0; i < Count; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            for (int j = 0; j < scales.Length; j++)
                scales[j] += (row[j] - means[j]) * (row[j] - means[j]);
        }

        for (int j = 0; j < scales.Length; j++)
        {
            double deviation = Math.Sqrt(scales[j] / Count);
            scales[j] = deviation > 1e-12 * (1 + Math.Abs(means[j])) ? deviation : 1;
        }

        return scales;
    }
}
