using System.Runtime.InteropServices;

namespace Mlops.Drift;

/// <summary>The rows of a profile's sample and of a batch as vectors of equal columns.</summary>
internal sealed class TableRows
{
    private readonly List<double[]> _reference = [];
    private readonly List<double[]> _current = [];

    private TableRows()
    {
    }

    public static (VectorSample Reference, VectorSample Current) Encode(ReferenceProfile profile, DriftBatch batch, VectorDriftOptions options)
    {
        ProfilePart whole = profile.Parts.Whole!;
        RowSample sample = whole.Sample;
        int[] first = HashedSample.Of(sample.Count, options.MaximumRows, options.Seed), second = HashedSample.Of(batch.Rows, options.MaximumRows, ~options.Seed);
        TableRows rows = new();
        for (int slot = 0; slot < sample.Numbers.Length; slot++)
            rows.AddNumbers(Array.ConvertAll(first, row => sample.Numbers[slot][row]), Numbers(batch, slot, second));
        for (int slot = 0; slot < sample.Bins.Length; slot++)
        {
            IReadOnlyList<string?> texts = batch.Texts(slot);
            rows.Add(PooledCategories.Indicators(
                profile.CategoricalFrames[slot], whole.Categorical[slot].Counts, Array.ConvertAll(first, row => sample.Bins[slot][row]), Array.ConvertAll(second, row => texts[row])));
        }

        // Without rows there is nothing to choose columns by.
        if (rows._reference.Count == 0)
            rows.AddNumbers(new double[first.Length], new double[second.Length]);
        return (Rows(rows._reference, first.Length, whole.Rows), Rows(rows._current, second.Length, batch.Rows));
    }

    /// <summary>Scaled by both sides together, so that the choice of scale cannot tell them apart.</summary>
    private void AddNumbers(double[] reference, double[] current)
    {
        RobustScale scale = RobustScale.Of(reference.Concat(current));
        _reference.Add(Array.ConvertAll(reference, scale.Apply));
        _current.Add(Array.ConvertAll(current, scale.Apply));
        bool[] ofReference = Array.ConvertAll(reference, static value => !double.IsFinite(value)), ofCurrent = Array.ConvertAll(current, static value => !double.IsFinite(value));
        if (ofReference.Contains(true) || ofCurrent.Contains(true))
            Add([(ofReference, ofCurrent)]);
    }

    private void Add(IEnumerable<(bool[] Reference, bool[] Current)> indicators)
    {
        foreach ((bool[] reference, bool[] current) in indicators)
        {
            _reference.Add(Array.ConvertAll(reference, static one => one ? 1.0 : 0));
            _current.Add(Array.ConvertAll(current, static one => one ? 1.0 : 0));
        }
    }

    private static double[] Numbers(DriftBatch batch, int slot, int[] rows)
    {
        double[] numbers = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            numbers[i] = batch.Singles(slot) is { } singles ? singles.Span[rows[i]] : batch.Doubles(slot)[rows[i]];
        return numbers;
    }

    private static VectorSample Rows(List<double[]> columns, int count, long given)
    {
        double[] values = new double[count * columns.Count];
        Span<double[]> all = CollectionsMarshal.AsSpan(columns);
        for (int j = 0; j < all.Length; j++)
        {
            for (int i = 0; i < count; i++)
                values[(i * all.Length) + j] = all[j][i];
        }

        return new VectorSample(values, columns.Count, given, 0);
    }
}
