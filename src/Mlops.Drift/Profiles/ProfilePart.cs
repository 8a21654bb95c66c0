using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>One season's share of the reference, or of one of its segments.</summary>
internal sealed class ProfilePart
{
    private readonly Lazy<PreparedSample[]> _prepared;

    public ProfilePart(long rows, NumericSummary[] numeric, CategoricalSummary[] categorical, RowSample sample)
    {
        Rows = rows;
        Numeric = numeric;
        Categorical = categorical;
        Sample = sample;
        _prepared = new(() => Array.ConvertAll(Sample.Numbers, static column => PreparedSample.From(column)));
    }

    public long Rows { get; }

    public NumericSummary[] Numeric { get; }

    public CategoricalSummary[] Categorical { get; }

    public RowSample Sample { get; }

    /// <summary>The sample's numeric columns, each sorted once, on first use.</summary>
    public PreparedSample[] Prepared => _prepared.Value;

    /// <summary>All rows of all parts; null without any.</summary>
    public static ProfilePart? Merge(IReadOnlyList<ProfilePart> parts, int maximumSample)
    {
        if (parts.Count <= 1)
            return parts.Count == 0 ? null : parts[0];
        NumericSummary[] numeric = Array.ConvertAll(parts[0].Numeric, static summary => new NumericSummary(summary.Histogram.Edges));
        CategoricalSummary[] categorical = Array.ConvertAll(parts[0].Categorical, static summary => new CategoricalSummary(summary.Counts.Length - 1));
        foreach (ProfilePart part in parts)
        {
            for (int i = 0; i < numeric.Length; i++)
                numeric[i].Merge(part.Numeric[i]);
            for (int i = 0; i < categorical.Length; i++)
                categorical[i].Merge(part.Categorical[i]);
        }

        return new ProfilePart(parts.Sum(static part => part.Rows), numeric, categorical, RowSample.Merge([.. parts.Select(static part => part.Sample)], maximumSample));
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Rows);
        foreach (NumericSummary summary in Numeric)
            summary.Write(ref writer);
        foreach (CategoricalSummary summary in Categorical)
            summary.Write(ref writer);
        Sample.Write(ref writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote after its number of rows.</summary>
    public static ProfilePart Read(ref ByteReader reader, long rows, NumericFrame[] numericFrames, CategoricalFrame[] categoricalFrames)
    {
        NumericSummary[] numeric = new NumericSummary[numericFrames.Length];
        for (int i = 0; i < numeric.Length; i++)
            numeric[i] = NumericSummary.Read(ref reader, numericFrames[i].Edges);
        CategoricalSummary[] categorical = new CategoricalSummary[categoricalFrames.Length];
        for (int i = 0; i < categorical.Length; i++)
            categorical[i] = CategoricalSummary.Read(ref reader, categoricalFrames[i].Names.Length);
        return new ProfilePart(rows, numeric, categorical, RowSample.Read(ref reader, numeric.Length, categoricalFrames));
    }
}
