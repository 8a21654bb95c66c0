namespace Mlops.Drift;

/// <summary>What a part knows of one categorical column.</summary>
internal sealed class CategoricalSummary(int categories)
{
    /// <summary>Per category of the frame, with one more for all others.</summary>
    public long[] Counts { get; private set; } = new long[categories + 1];

    public long Missing { get; private set; }

    public long Total => Counts.Sum() + Missing;

    public double Inflation { get; set; } = 1;

    /// <summary>The same for the share of missing values.</summary>
    public double MissingInflation { get; set; } = 1;

    public void Add(long[] counts, long missing)
    {
        for (int i = 0; i < Counts.Length; i++)
            Counts[i] += counts[i];
        Missing += missing;
    }

    /// <summary>Counts bins, -1 being missing.</summary>
    public void AddBins(ReadOnlySpan<int> bins)
    {
        foreach (int bin in bins)
        {
            if (bin == CategoryTable.Missing)
                Missing++;
            else
                Counts[bin]++;
        }
    }

    public void Merge(CategoricalSummary other)
    {
        Inflation = Dependence.Merge(Inflation, Total, other.Inflation, other.Total);
        MissingInflation = Dependence.Merge(MissingInflation, Total, other.MissingInflation, other.Total);
        Add(other.Counts, other.Missing);
    }

    public void Write(ref ByteWriter writer)
    {
        writer.Write(Missing);
        writer.Write(Inflation);
        writer.Write(MissingInflation);
        writer.Write(Counts);
    }

    public static CategoricalSummary Read(ref ByteReader reader, int categories)
    {
        CategoricalSummary summary = new(categories)
        {
            Missing = reader.ReadInt64(),
            Inflation = reader.ReadDouble(),
            MissingInflation = reader.ReadDouble(),
            Counts = reader.ReadInt64s(),
        };
        if (summary.Missing < 0 || !(summary.Inflation >= 1 && summary.MissingInflation >= 1) || summary.Counts.Length != categories + 1 || Array.Exists(summary.Counts, static c => c < 0))
            throw new DriftFormatException("Reading a profile: the numbers of a categorical column contradict each other. It is damaged.");
        return summary;
    }
}
