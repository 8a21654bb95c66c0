namespace Mlops.Statistics;

/// <summary>Features by column, each value replaced by its bin: 0 for NaN, from 1 on ascending for numbers.</summary>
internal sealed class BinnedColumns
{
    private readonly double[][] _edges;
    private readonly byte[][] _bins;

    private BinnedColumns(double[][] edges, byte[][] bins)
    {
        _edges = edges;
        _bins = bins;
    }

    public int Columns => _bins.Length;

    public static BinnedColumns Of(ReadOnlySpan<double> rows, int columns, int bins)
    {
        int count = rows.Length / columns;
        double[][] edges = new double[columns][];
        byte[][] binned = new byte[columns][];
        double[] values = new double[count];
        for (int column = 0; column < columns; column++)
        {
            for (int i = 0; i < count; i++)
                values[i] = rows[(i * columns) + column];
            BinEdges between = Edges(values, bins);
            edges[column] = [double.NegativeInfinity, .. between.Inner];
            binned[column] = Array.ConvertAll(values, value => (byte)(between.IndexOf(value) + 1));
        }

        return new(edges, binned);
    }

    public ReadOnlySpan<byte> Bins(int column) => _bins[column];

    /// <summary>Bins of a column, that of NaN among them.</summary>
    public int BinCount(int column) => _edges[column].Length + 1;

    /// <summary>A value at or above it lies beyond this bin; NaN does not.</summary>
    public double UpperEdge(int column, int bin) => _edges[column][bin];

    /// <summary>Halfway between the values where they are few, else quantiles.</summary>
    private static BinEdges Edges(double[] values, int bins)
    {
        double[] distinct = [.. values.Where(double.IsFinite).Distinct().Take(bins + 1)];
        if (distinct.Length > bins)
            return BinEdges.FromQuantiles(values, bins);
        Array.Sort(distinct);
        List<double> inner = [];
        for (int i = 1; i < distinct.Length; i++)
        {
            // Neighbouring doubles have no number between them; the upper one separates them as well.
            double middle = distinct[i - 1] + (0.5 * (distinct[i] - distinct[i - 1]));
            inner.Add(middle > distinct[i - 1] && double.IsFinite(middle) ? middle : distinct[i]);
        }

        return BinEdges.FromInner([.. inner]);
    }
}
