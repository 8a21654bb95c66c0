using System.Numerics;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>By how much the dependence of consecutive rows inflates the variance of shares; 1 unless a lag test proves dependence.</summary>
internal static class Dependence
{
    private const int MostFrequent = 3;

    public static double InflationOf<T>(ReadOnlySpan<T> column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> present = Present.Of(Last(column));
        double[] series = new double[present.Length];
        for (int i = 0; i < series.Length; i++)
            series[i] = double.CreateTruncating(present[i]);
        SerialDependence measured = SerialDependence.Measure(series);
        return measured.IsDependent() ? measured.Inflation : 1;
    }

    /// <summary>
    /// The same of a column in unbroken runs, the same quarter of several years for example: rows depend on those next to them, so what differs from run to run is left out.
    /// </summary>
    /// <param name="column">The values.</param>
    /// <param name="runs">By row, the number of its run; equal ones stand together.</param>
    public static double InflationOf(double[] column, int[] runs)
    {
        double[] centred = (double[])column.Clone();
        for (int start = 0; start < centred.Length;)
        {
            int end = start + 1;
            while (end < centred.Length && runs[end] == runs[start])
                end++;
            if (end - start < centred.Length && Moments.Of(Present.Of<double>(column.AsSpan(start, end - start))).Mean is { } mean)
            {
                for (int i = start; i < end; i++)
                    centred[i] = DriftSchema.IsMissing(column[i]) ? column[i] : column[i] - mean;
            }

            start = end;
        }

        return InflationOf<double>(centred);
    }

    /// <summary>For categories: the largest inflation among the indicators of the most frequent ones.</summary>
    /// <param name="bins">Bins in order, -1 for missing.</param>
    /// <param name="counts">How often each bin occurs.</param>
    public static double InflationOf(ReadOnlySpan<int> bins, ReadOnlySpan<long> counts)
    {
        long[] order = counts.ToArray();
        int[] indexes = new int[order.Length];
        for (int i = 0; i < indexes.Length; i++)
            indexes[i] = i;
        Array.Sort(order, indexes);
        ReadOnlySpan<int> series = Last(bins);
        double[] indicator = new double[series.Length];
        double largest = 1;

        // Two categories are each other's complement: one indicator says it all.
        int used = order.Count(static c => c > 0) <= 2 ? 1 : MostFrequent;
        for (int k = 1; k <= Math.Min(used, indexes.Length); k++)
        {
            int bin = indexes[^k];
            for (int i = 0; i < series.Length; i++)
                indicator[i] = series[i] == bin ? 1 : 0;
            largest = Math.Max(largest, OfIndicator(indicator));
        }

        return largest;
    }

    /// <summary>Of two parts with so many rows, the longer one knows it better; of equal ones the larger counts.</summary>
    public static double Merge(double first, long firstRows, double second, long secondRows) =>
        secondRows > firstRows ? second : secondRows < firstRows ? first : Math.Max(first, second);

    /// <summary>By how much dependence inflates the share of missing values.</summary>
    public static double InflationOfMissing<T>(ReadOnlySpan<T> column)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<T> last = Last(column);
        double[] indicator = new double[last.Length];
        for (int i = 0; i < indicator.Length; i++)
            indicator[i] = typeof(T) == typeof(double) && DriftSchema.IsMissing(double.CreateTruncating(last[i])) ? 1 : 0;
        return OfIndicator(indicator);
    }

    /// <inheritdoc cref="InflationOfMissing{T}(ReadOnlySpan{T})"/>
    public static double InflationOfMissing(ReadOnlySpan<int> codes)
    {
        ReadOnlySpan<int> last = Last(codes);
        double[] indicator = new double[last.Length];
        for (int i = 0; i < indicator.Length; i++)
            indicator[i] = last[i] == CategoryTable.Missing ? 1 : 0;
        return OfIndicator(indicator);
    }

    private static double OfIndicator(double[] indicator)
    {
        SerialDependence measured = SerialDependence.Measure(indicator);
        return measured.IsDependent() ? measured.Inflation : 1;
    }

    private static ReadOnlySpan<TItem> Last<TItem>(ReadOnlySpan<TItem> series) =>
        series[Math.Max(0, series.Length - PartBuilder.MaximumSeries)..];
}
