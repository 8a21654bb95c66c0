namespace Mlops.Drift;

/// <summary>Gathers one part of a profile chunk by chunk.</summary>
internal sealed class PartBuilder
{
    /// <summary>Serial dependence is measured on at most this many consecutive rows: enough, and it bounds the time.</summary>
    public const int MaximumSeries = 4_096;

    private readonly NumericFrame[] _numericFrames;
    private readonly CategoricalFrame[] _categoricalFrames;
    private readonly NumericSummary[] _numeric;
    private readonly CategoricalSummary[] _categorical;
    private readonly int _maximumSample;
    private RowSample _sample;
    private long _rows;

    public PartBuilder(NumericFrame[] numericFrames, CategoricalFrame[] categoricalFrames, int maximumSample)
    {
        _numericFrames = numericFrames;
        _categoricalFrames = categoricalFrames;
        _numeric = Array.ConvertAll(numericFrames, static frame => new NumericSummary(frame.Edges));
        _categorical = Array.ConvertAll(categoricalFrames, static frame => new CategoricalSummary(frame.Names.Length));
        _maximumSample = maximumSample;
        _sample = RowSample.Empty(numericFrames.Length, categoricalFrames.Length);
    }

    /// <summary>Adds the rows of a chunk that belong to this part.</summary>
    /// <param name="chunk">The rows.</param>
    /// <param name="indexes">Which of them.</param>
    /// <param name="runs">By row of the chunk, the number of its unbroken run of rows of one season.</param>
    /// <param name="priorities">Their hashed numbers.</param>
    public void Add(RowSet chunk, int[] indexes, int[] runs, ulong[] priorities)
    {
        bool first = _rows == 0;
        _rows += indexes.Length;
        double[][] numbers = new double[_numeric.Length][];
        for (int c = 0; c < numbers.Length; c++)
        {
            double[] column = Array.ConvertAll(indexes, i => chunk.Numbers[c][i]);
            numbers[c] = column;
            _numeric[c].Add<double>(column);
            if (!first)
                continue;
            _numeric[c].Inflation = Dependence.InflationOf(column, Array.ConvertAll(indexes, i => runs[i]));
            if (_numeric[c].Missing > 0)
                _numeric[c].MissingInflation = Dependence.InflationOfMissing<double>(column);
        }

        int[][] bins = new int[_categorical.Length][];
        for (int c = 0; c < bins.Length; c++)
        {
            int[] codes = Array.ConvertAll(indexes, i => chunk.Codes[c][i]);
            CategoricalFrame frame = _categoricalFrames[c];
            long[] counts = frame.Count(codes, chunk.Categories[c], out long missing);
            _categorical[c].Add(counts, missing);
            bins[c] = frame.BinsOf(codes, chunk.Categories[c]);
            if (!first)
                continue;
            _categorical[c].Inflation = Dependence.InflationOf(bins[c], counts);
            if (missing > 0)
                _categorical[c].MissingInflation = Dependence.InflationOfMissing(codes);
        }

        _sample = _sample.With(priorities, numbers, bins, _maximumSample);
    }

    public ProfilePart Build() => new(_rows, _numeric, _categorical, _sample);
}
