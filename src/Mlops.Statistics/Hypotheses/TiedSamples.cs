namespace Mlops.Statistics;

/// <summary>Two samples as the ordered groups of their equal values, which is all that a rank statistic sees.</summary>
internal sealed class TiedSamples
{
    private TiedSamples(double[] values, int[] first, int[] second)
    {
        Values = values;
        First = first;
        Second = second;
    }

    /// <summary>The distinct values, ascending.</summary>
    public double[] Values { get; }

    /// <summary>How often the first sample holds each value.</summary>
    public int[] First { get; }

    /// <summary>How often the second sample holds each value.</summary>
    public int[] Second { get; }

    /// <summary>Whether any value occurs twice.</summary>
    public bool Tied => Values.Length < First.Sum() + Second.Sum();

    /// <summary>Counts of the same categories as samples whose values are tied within each category.</summary>
    /// <exception cref="ArgumentException">Both together hold more than 2^31 - 1 values.</exception>
    public static TiedSamples OfCounts(ReadOnlySpan<long> reference, ReadOnlySpan<long> current)
    {
        if (Counts.Sum(reference) + Counts.Sum(current) > int.MaxValue)
            throw new ArgumentException($"Relabelling takes at most {int.MaxValue} values in both samples; there are {Counts.Sum(reference) + Counts.Sum(current)}.", nameof(current));
        int[] first = new int[reference.Length], second = new int[reference.Length];
        double[] values = new double[reference.Length];
        for (int i = 0; i < first.Length; i++)
            (values[i], first[i], second[i]) = (i, (int)reference[i], (int)current[i]);
        return new(values, first, second);
    }

    public static TiedSamples Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        List<double> values = new(x.Length + y.Length);
        List<int> first = new(x.Length + y.Length), second = new(x.Length + y.Length);
        int i = 0, j = 0;
        while (i < x.Length || j < y.Length)
        {
            double value = j >= y.Length || (i < x.Length && x[i] <= y[j]) ? x[i] : y[j];
            int fromX = i, fromY = j;
            while (i < x.Length && x[i] == value)
                i++;
            while (j < y.Length && y[j] == value)
                j++;
            values.Add(value);
            first.Add(i - fromX);
            second.Add(j - fromY);
        }

        return new([.. values], [.. first], [.. second]);
    }
}
