namespace Mlops.Drift;

/// <summary>
/// Turns columns into finite features for learners: numbers by their distance from the reference's median in robust deviations, at most <see cref="Farthest"/> of them, on request with their squares, which end at those of half of that; the
/// <see cref="MaximumCategories"/> most frequent categories as indicators; an indicator of absent values where there are any.
/// </summary>
internal sealed class RowEncoding
{
    public const int MaximumCategories = 20;

    public const double Farthest = 10;

    // One far row among thousands would rule the square's slope otherwise.
    private const double LargestSquare = 25;

    private readonly Part[] _parts;
    private readonly bool _squares;

    private RowEncoding(Part[] parts, bool squares)
    {
        _parts = parts;
        _squares = squares;
        Starts = new int[parts.Length + 1];
        for (int i = 0; i < parts.Length; i++)
            Starts[i + 1] = Starts[i] + parts[i].Width(squares);
    }

    /// <summary>Where the features of each column begin, and where the last one's end.</summary>
    public int[] Starts { get; }

    public int Width => Starts[^1];

    /// <summary>Learns scales from the first batch, categories and whether values are absent from all of them.</summary>
    public static RowEncoding Of(IReadOnlyList<DriftColumn> columns, bool squares, params ReadOnlySpan<DriftBatch> batches)
    {
        Part[] parts = new Part[columns.Count];
        for (int i = 0; i < parts.Length; i++)
            parts[i] = columns[i].Kind == ColumnKind.Numeric ? Numeric(columns[i], batches) : Categorical(columns[i], batches);
        return new RowEncoding(parts, squares);
    }

    /// <summary>The rows' features, row-major.</summary>
    public double[] Encode(DriftBatch batch)
    {
        double[] rows = new double[checked(batch.Rows * Width)];
        for (int i = 0; i < _parts.Length; i++)
        {
            Part part = _parts[i];
            if (part.Codes is not null)
                EncodeTexts(part, batch.Texts(part.Column.Slot), rows, Starts[i]);
            else
                EncodeNumbers(part, batch.Numbers(part.Column.Slot), rows, Starts[i]);
        }

        return rows;
    }

    /// <summary>Features of the chosen columns.</summary>
    public int WidthOf(int[] columns) => columns.Sum(c => Starts[c + 1] - Starts[c]);

    /// <summary>Of encoded rows, the features of the chosen columns.</summary>
    public double[] Take(double[] rows, int[] columns)
    {
        int count = rows.Length / Width, width = WidthOf(columns), at = 0;
        double[] taken = new double[count * width];
        for (int row = 0; row < count; row++)
        {
            foreach (int column in columns)
            {
                ReadOnlySpan<double> features = rows.AsSpan((row * Width) + Starts[column], Starts[column + 1] - Starts[column]);
                features.CopyTo(taken.AsSpan(at));
                at += features.Length;
            }
        }

        return taken;
    }

    /// <summary>Of encoded rows, the chosen ones.</summary>
    public double[] TakeRows(double[] rows, List<int> chosen)
    {
        double[] taken = new double[chosen.Count * Width];
        for (int i = 0; i < chosen.Count; i++)
            rows.AsSpan(chosen[i] * Width, Width).CopyTo(taken.AsSpan(i * Width));
        return taken;
    }

    private void EncodeNumbers(Part part, ReadOnlySpan<double> values, double[] rows, int start)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Span<double> features = rows.AsSpan((i * Width) + start);
            if (double.IsNaN(values[i]))
            {
                if (part.Absent)
                    features[_squares ? 2 : 1] = 1;
                continue;
            }

            double z = Math.Clamp((values[i] - part.Centre) / part.Scale, -Farthest, Farthest);
            features[0] = z;
            if (_squares)
                features[1] = Math.Min(z * z, LargestSquare);
        }
    }

    private void EncodeTexts(Part part, IReadOnlyList<string?> texts, double[] rows, int start)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts[i] is not { } text)
            {
                if (part.Absent)
                    rows[(i * Width) + start + part.Codes!.Count] = 1;
            }
            else if (part.Codes!.TryGetValue(text, out int code))
            {
                rows[(i * Width) + start + code] = 1;
            }
        }
    }

    private static Part Numeric(DriftColumn column, ReadOnlySpan<DriftBatch> batches)
    {
        List<double> all = [];
        foreach (DriftBatch batch in batches)
            all.AddRange(batch.Numbers(column.Slot));

        // Where the reference is constant, both together have a scale. A constant has none.
        RobustScale reference = RobustScale.Of(all.Take(batches[0].Rows));
        double spread = reference.Spread > 0 ? reference.Spread : RobustScale.Of(all).Spread;
        return new Part(column, reference.Centre, spread > 0 ? spread : 1, all.Exists(double.IsNaN), null);
    }

    private static Part Categorical(DriftColumn column, ReadOnlySpan<DriftBatch> batches)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        bool absent = false;
        foreach (DriftBatch batch in batches)
        {
            foreach (string? text in batch.Texts(column.Slot))
            {
                absent |= text is null;
                if (text is not null)
                    counts[text] = counts.GetValueOrDefault(text) + 1;
            }
        }

        Dictionary<string, int> codes = new(StringComparer.Ordinal);
        foreach (KeyValuePair<string, int> category in counts.OrderByDescending(static c => c.Value).ThenBy(static c => c.Key, StringComparer.Ordinal).Take(MaximumCategories))
            codes.Add(category.Key, codes.Count);
        return new Part(column, 0, 1, absent, codes);
    }

    private sealed record Part(DriftColumn Column, double Centre, double Scale, bool Absent, Dictionary<string, int>? Codes)
    {
        // A column without a value at all still has a feature, which says nothing.
        public int Width(bool squares) => Math.Max(1, (Codes?.Count ?? (squares ? 2 : 1)) + (Absent ? 1 : 0));
    }
}
