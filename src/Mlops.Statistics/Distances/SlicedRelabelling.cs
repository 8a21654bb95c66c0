namespace Mlops.Statistics;

/// <summary>
/// The sliced distance as a statistic of labels. Rows are numbered by their place along the first direction, so that the order in which they came changes neither
/// the relabellings nor the p-value.
/// </summary>
internal sealed class SlicedRelabelling : IRankStatistic
{
    private readonly int[][] _orders;
    private readonly double[][] _gaps;
    private readonly double[] _weights;
    private double _sum;
    private int _count;

    public SlicedRelabelling(double[][] projections, int n)
    {
        int rows = projections[0].Length;
        int[] places = Order(projections[0]), placeOf = new int[rows];
        long[] first = new long[rows], second = new long[rows];
        for (int place = 0; place < rows; place++)
        {
            placeOf[places[place]] = place;
            first[place] = places[place] < n ? 1 : 0;
            second[place] = 1 - first[place];
        }

        Samples = TiedSamples.OfCounts(first, second);
        _weights = new double[rows];
        _orders = new int[projections.Length][];
        _gaps = new double[projections.Length][];
        for (int d = 0; d < projections.Length; d++)
        {
            int[] order = Order(projections[d]);
            _orders[d] = Array.ConvertAll(order, row => placeOf[row]);
            _gaps[d] = new double[rows - 1];
            for (int i = 0; i < rows - 1; i++)
                _gaps[d][i] = projections[d][order[i + 1]] - projections[d][order[i]];
        }
    }

    /// <summary>The observed labels; each row is a group of its own.</summary>
    public TiedSamples Samples { get; }

    /// <summary>Whether any two rows differ in any direction.</summary>
    public bool Varies => Array.Exists(_gaps, static gaps => Array.Exists(gaps, static gap => gap > 0));

    /// <summary>The mean of all values but the first, which was that of the observed labels.</summary>
    public double MeanRelabelled => _sum / (_count - 1);

    public double Of(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        int n = 0;
        foreach (int label in first)
            n += label;
        double m = first.Length - n;
        for (int i = 0; i < _weights.Length; i++)
            _weights[i] = first[i] == 1 ? m : -n;
        double sum = 0;
        for (int d = 0; d < _orders.Length; d++)
            sum += Walk(_orders[d], _gaps[d], _weights);
        double value = sum / (n * m * _orders.Length);
        _sum += _count++ == 0 ? 0 : value;
        return value;
    }

    /// <summary>The integral of |F - G|, times the product of both sizes: the difference is an integer and exact.</summary>
    private static double Walk(int[] order, double[] gaps, double[] weights)
    {
        double difference = 0, sum = 0;
        for (int i = 0; i < gaps.Length; i++)
        {
            difference += weights[order[i]];
            sum += Math.Abs(difference) * gaps[i];
        }

        return sum;
    }

    /// <summary>Ascending; rows at one place in the order of their samples.</summary>
    private static int[] Order(double[] slice)
    {
        double[] keys = [.. slice];
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        Array.Sort(keys, order);
        for (int start = 0; start < keys.Length;)
        {
            int end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            order.AsSpan(start, end - start).Sort();
            start = end;
        }

        return order;
    }
}
