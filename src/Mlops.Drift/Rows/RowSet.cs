namespace Mlops.Drift;

/// <summary>Rows by column, in their order of arrival. Not changed once built.</summary>
internal sealed class RowSet
{
    public required DriftSchema Schema { get; init; }

    public required int Count { get; init; }

    /// <summary>Rows that were seen while these were kept; more than <see cref="Count"/> when they are a sample.</summary>
    public required long Seen { get; init; }

    /// <summary>By numeric slot; the arrays may be longer than <see cref="Count"/>.</summary>
    public required double[][] Numbers { get; init; }

    /// <summary>By categorical slot: indexes into <see cref="Categories"/>, or the negative codes of <see cref="CategoryTable"/>.</summary>
    public required int[][] Codes { get; init; }

    public required string[][] Categories { get; init; }

    /// <summary>UTC ticks, or <see cref="RowFacts.NoTime"/>.</summary>
    public required long[] Ticks { get; init; }

    public ReadOnlySpan<double> Numeric(int slot) => Numbers[slot].AsSpan(0, Count);

    public ReadOnlySpan<int> Categorical(int slot) => Codes[slot].AsSpan(0, Count);

    /// <summary>The times of the earliest and the latest row, or null without times.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Span
    {
        get
        {
            long first = long.MaxValue, last = long.MinValue;
            foreach (long ticks in Ticks.AsSpan(0, Count))
            {
                if (ticks == RowFacts.NoTime)
                    continue;
                first = Math.Min(first, ticks);
                last = Math.Max(last, ticks);
            }

            return last == long.MinValue ? null : (new DateTimeOffset(first, TimeSpan.Zero), new DateTimeOffset(last, TimeSpan.Zero));
        }
    }

    /// <summary>Reads a row back as it was observed, but for categories that were not told apart.</summary>
    public void Read(int row, RowScratch scratch)
    {
        for (int i = 0; i < Numbers.Length; i++)
            scratch.Numbers[i] = Numbers[i][row];
        for (int i = 0; i < Codes.Length; i++)
            scratch.Texts[i] = Text(i, Codes[i][row]);
    }

    /// <summary>A categorical column as it was observed, but for categories that were not told apart.</summary>
    public string?[] Texts(int slot)
    {
        string?[] texts = new string?[Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = Text(slot, Codes[slot][i]);
        return texts;
    }

    private string? Text(int slot, int code) => code switch { CategoryTable.Missing => null, < 0 => CategoryTable.OverflowText, _ => Categories[slot][code] };

    /// <summary>The rows at these indexes.</summary>
    public RowSet Take(int[] indexes) => new()
    {
        Schema = Schema,
        Count = indexes.Length,
        Seen = indexes.Length,
        Numbers = Array.ConvertAll(Numbers, column => Array.ConvertAll(indexes, i => column[i])),
        Codes = Array.ConvertAll(Codes, column => Array.ConvertAll(indexes, i => column[i])),
        Categories = Categories,
        Ticks = Array.ConvertAll(indexes, i => Ticks[i]),
    };
}
