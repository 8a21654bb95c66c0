using System.Runtime.InteropServices;

namespace Mlops.Drift;

/// <summary>The rows of a profile's sample and of a batch as vectors of equal columns.</summary>
internal sealed class TableRows
{
    private const int MaximumIndicators = 20;
    private const double FarthestDeviation = 8;

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
            rows.AddCategories(Array.ConvertAll(first, row => sample.Bins[slot][row]), Bins(profile.CategoricalFrames[slot], batch.Texts(slot), second), profile.CategoricalFrames[slot].Names.Length);

        // Rare categories alone leave no column that tells rows apart.
        if (rows._reference.Count == 0)
            rows.AddNumbers(new double[first.Length], new double[second.Length]);
        return (Rows(rows._reference, first.Length, whole.Rows), Rows(rows._current, second.Length, batch.Rows));
    }

    private void AddNumbers(double[] reference, double[] current)
    {
        (double mean, double deviation) = Scale(reference);
        if (deviation == 0)
            (_, deviation) = Scale([.. reference, .. current]);
        _reference.Add(Array.ConvertAll(reference, Standardize));
        _current.Add(Array.ConvertAll(current, Standardize));
        AddIndicator(Array.ConvertAll(reference, static value => !double.IsFinite(value)), Array.ConvertAll(current, static value => !double.IsFinite(value)));

        double Standardize(double value) =>
            double.IsFinite(value) && deviation > 0 ? Math.Clamp((value - mean) / deviation, -FarthestDeviation, FarthestDeviation) : 0;
    }

    private void AddCategories(int[] reference, int[] current, int categories)
    {
        // The last bin holds all others; where every category has a column, so have they.
        int indicators = Math.Min(MaximumIndicators, categories + 1);
        for (int bin = CategoryTable.Missing; bin < indicators; bin++)
            AddIndicator(Array.ConvertAll(reference, found => found == bin), Array.ConvertAll(current, found => found == bin));
    }

    /// <summary>Adds a column of ones and zeros, unless it would hold zeros alone.</summary>
    private void AddIndicator(bool[] reference, bool[] current)
    {
        if (!reference.Contains(true) && !current.Contains(true))
            return;
        _reference.Add(Array.ConvertAll(reference, static one => one ? 1.0 : 0));
        _current.Add(Array.ConvertAll(current, static one => one ? 1.0 : 0));
    }

    private static (double Mean, double Deviation) Scale(double[] values)
    {
        Statistics.Moments moments = Statistics.Moments.Of(values);
        return (moments.Mean ?? 0, Math.Sqrt(moments.PopulationVariance ?? 0));
    }

    private static double[] Numbers(DriftBatch batch, int slot, int[] rows)
    {
        double[] numbers = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            numbers[i] = batch.Singles(slot) is { } singles ? singles.Span[rows[i]] : batch.Doubles(slot)[rows[i]];
        return numbers;
    }

    private static int[] Bins(CategoricalFrame frame, IReadOnlyList<string?> texts, int[] rows) => Array.ConvertAll(rows, row => texts[row] switch
    {
        null => CategoryTable.Missing,
        { Length: > CategoryTable.MaximumLength } text => frame.IndexOf(text[..CategoryTable.MaximumLength]),
        { } text => frame.IndexOf(text),
    });

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
