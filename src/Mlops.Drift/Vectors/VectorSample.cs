namespace Mlops.Drift;

/// <summary>The rows of one side that are compared.</summary>
/// <param name="Values">Row-major, all finite.</param>
/// <param name="Columns">Values per row.</param>
/// <param name="Given">Rows there were.</param>
/// <param name="NotFinite">Rows left out for a value that is not finite.</param>
internal sealed record VectorSample(double[] Values, int Columns, long Given, long NotFinite)
{
    public int Count => Values.Length / Columns;

    public static VectorSample Of(ReadOnlySpan<float> rows, int columns, int maximum, long seed)
    {
        List<int> finite = [];
        for (int start = 0; start < rows.Length; start += columns)
        {
            bool usable = true;
            foreach (float value in rows.Slice(start, columns))
                usable &= float.IsFinite(value);
            if (usable)
                finite.Add(start);
        }

        int[] chosen = HashedSample.Of(finite.Count, maximum, seed);
        double[] values = new double[chosen.Length * columns];
        for (int i = 0; i < chosen.Length; i++)
        {
            ReadOnlySpan<float> row = rows.Slice(finite[chosen[i]], columns);
            for (int j = 0; j < columns; j++)
                values[(i * columns) + j] = row[j];
        }

        int given = rows.Length / columns;
        return new VectorSample(values, columns, given, given - finite.Count);
    }
}
