using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlops.Drift;

/// <summary>Columns without their missing values.</summary>
internal static class Present
{
    /// <summary>The column itself where nothing is missing, else a copy. No float is missing.</summary>
    public static ReadOnlySpan<T> Of<T>(ReadOnlySpan<T> column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => typeof(T) == typeof(double)
            ? MemoryMarshal.Cast<double, T>(OfDoubles(MemoryMarshal.Cast<T, double>(column)))
            : column;

    private static ReadOnlySpan<double> OfDoubles(ReadOnlySpan<double> column)
    {
        int missing = 0;
        foreach (double value in column)
            missing += DriftSchema.IsMissing(value) ? 1 : 0;
        if (missing == 0)
            return column;
        double[] present = new double[column.Length - missing];
        int count = 0;
        foreach (double value in column)
        {
            if (!DriftSchema.IsMissing(value))
                present[count++] = value;
        }

        return present;
    }
}
