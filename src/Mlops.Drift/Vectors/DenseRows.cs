namespace Mlops.Drift;

/// <summary>Vectors as rows of a classifier that also sees the squares of their columns, and so changes of spread.</summary>
internal static class DenseRows
{
    private const double Smallest = 1e-12;

    // A held-out value far from all that was taught would decide alone.
    private const double Farthest = 8;

    public static FeatureRow[] Of(VectorSample sample)
    {
        int[] columns = new int[2 * sample.Columns];
        for (int j = 0; j < columns.Length; j++)
            columns[j] = j;
        FeatureRow[] rows = new FeatureRow[sample.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new FeatureRow(columns, new float[columns.Length]);
            for (int j = 0; j < sample.Columns; j++)
                rows[i].Values[j] = (float)sample.Values[(i * sample.Columns) + j];
        }

        return rows;
    }

    /// <summary>
    /// Columns are cut by the taught rows' median and interquartile range, so that no wild value sets the scale of all; then they get mean 0 and deviation 1 over the taught rows, then their squares.
    /// A row's length is about 1.
    /// </summary>
    public static void Standardize(FeatureRow[] rows, int taught)
    {
        int columns = rows[0].Values.Length / 2;
        for (int j = 0; j < columns; j++)
        {
            RobustScale scale = RobustScale.Of(rows.Take(taught).Select(row => (double)row.Values[j]));
            foreach (FeatureRow row in rows)
                row.Values[j] = (float)scale.Apply(row.Values[j]);
        }

        Scale(rows, taught, 0, columns);
        foreach (FeatureRow row in rows)
        {
            for (int j = 0; j < columns; j++)
                row.Values[columns + j] = row.Values[j] * row.Values[j];
        }

        Scale(rows, taught, columns, 2 * columns);
        float length = (float)(1 / Math.Sqrt(2 * columns));
        foreach (FeatureRow row in rows)
        {
            for (int j = 0; j < row.Values.Length; j++)
                row.Values[j] *= length;
        }
    }

    private static void Scale(FeatureRow[] rows, int taught, int from, int to)
    {
        for (int j = from; j < to; j++)
        {
            double mean = 0, squares = 0;
            for (int i = 0; i < taught; i++)
            {
                double gap = rows[i].Values[j] - mean;
                mean += gap / (i + 1);
                squares += gap * (rows[i].Values[j] - mean);
            }

            double found = Math.Sqrt(squares / taught);
            double factor = found > Smallest * Math.Abs(mean) && found > 0 ? 1 / found : 0;
            foreach (FeatureRow row in rows)
                row.Values[j] = (float)Math.Clamp((row.Values[j] - mean) * factor, -Farthest, Farthest);
        }
    }
}
