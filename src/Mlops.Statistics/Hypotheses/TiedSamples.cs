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
