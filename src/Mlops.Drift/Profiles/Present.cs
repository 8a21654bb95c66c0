namespace Mlops.Drift;

/// <summary>Columns without their missing values.</summary>
internal static class Present
{
    public static double[] Of(ReadOnlySpan<double> column)
    {
        double[] present = new double[column.Length];
        int count = 0;
        foreach (double value in column)
        {
            if (!DriftSchema.IsMissing(value))
                present[count++] = value;
        }

        return count == present.Length ? present : present[..count];
    }
}
