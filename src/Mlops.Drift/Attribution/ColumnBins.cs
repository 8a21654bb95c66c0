using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>One column of reference and window in common bins: quantiles of the reference, or the reference's most frequent categories; others and absent values have a bin of their own.</summary>
internal sealed class ColumnBins
{
    private readonly int[] _reference;
    private readonly int[] _window;
    private readonly int _bins;

    private ColumnBins(int[] reference, int[] window, int bins)
    {
        _reference = reference;
        _window = window;
        _bins = bins;
    }

    public static ColumnBins Of(DriftColumn column, DriftBatch reference, DriftBatch window, int bins)
    {
        if (column.Kind == ColumnKind.Numeric)
        {
            double[] values = reference.Numbers(column.Slot).ToArray();
            BinEdges edges = BinEdges.FromQuantiles(values, bins);
            return new ColumnBins(
                Array.ConvertAll(values, v => edges.IndexOf(v) + 1),
                Array.ConvertAll(window.Numbers(column.Slot).ToArray(), v => edges.IndexOf(v) + 1),
                edges.BinCount + 1);
        }

        Dictionary<string, int> codes = new(StringComparer.Ordinal);
        foreach (IGrouping<string, string> category in reference.Texts(column.Slot).OfType<string>().GroupBy(static t => t, StringComparer.Ordinal)
            .OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal).Take(RowEncoding.MaximumCategories))
            codes.Add(category.Key, codes.Count + 2);
        return new ColumnBins(Code(reference.Texts(column.Slot), codes), Code(window.Texts(column.Slot), codes), codes.Count + 2);
    }

    /// <summary>
    /// The total variation between the two, and how much the mean loss changes when every bin of the reference weighs what it does in the window. Bins that the reference
    /// lacks say nothing about the loss and are left out there.
    /// </summary>
    public (double Drift, double Marginal) Compare(double[] losses)
    {
        double[] before = new double[_bins], after = new double[_bins], lost = new double[_bins];
        for (int i = 0; i < _reference.Length; i++)
        {
            before[_reference[i]]++;
            lost[_reference[i]] += losses[i];
        }

        foreach (int bin in _window)
            after[bin]++;
        double drift = 0, sum = 0, total = 0;
        for (int bin = 0; bin < _bins; bin++)
        {
            drift += 0.5 * Math.Abs((before[bin] / _reference.Length) - (after[bin] / _window.Length));
            if (before[bin] == 0)
                continue;
            sum += after[bin] * lost[bin] / before[bin];
            total += after[bin];
        }

        return (drift, total > 0 ? (sum / total) - (lost.Sum() / _reference.Length) : 0);
    }

    private static int[] Code(IReadOnlyList<string?> texts, Dictionary<string, int> codes)
    {
        int[] coded = new int[texts.Count];
        for (int i = 0; i < coded.Length; i++)
            coded[i] = texts[i] is { } text ? codes.GetValueOrDefault(text, 1) : 0;
        return coded;
    }
}
