namespace Mlops.Drift;

/// <summary>The frozen categories of one column, most frequent first, equally frequent ones by their UTF-16 order.</summary>
internal sealed class CategoricalFrame
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    public CategoricalFrame(string[] names)
    {
        Names = names;
        for (int i = 0; i < names.Length; i++)
            _indexes[names[i]] = i;
    }

    public string[] Names { get; }

    /// <summary>The bin of a category: its index, or one past the last for any other.</summary>
    public int IndexOf(string name) => _indexes.TryGetValue(name, out int index) ? index : Names.Length;

    public static CategoricalFrame From(ReadOnlySpan<int> codes, string[] categories, int maximum)
    {
        long[] counts = new long[categories.Length];
        foreach (int code in codes)
        {
            if (code >= 0)
                counts[code]++;
        }

        string[] names = [.. Enumerable.Range(0, categories.Length)
            .Where(i => counts[i] > 0)
            .OrderByDescending(i => counts[i])
            .ThenBy(i => categories[i], StringComparer.Ordinal)
            .Take(maximum)
            .Select(i => categories[i])];
        return new CategoricalFrame(names);
    }

    /// <summary>The bin of each row, -1 for missing.</summary>
    public int[] BinsOf(ReadOnlySpan<int> codes, string[] categories)
    {
        int[] map = Array.ConvertAll(categories, IndexOf), bins = new int[codes.Length];
        for (int i = 0; i < bins.Length; i++)
            bins[i] = codes[i] switch { CategoryTable.Missing => CategoryTable.Missing, < 0 => Names.Length, int code => map[code] };
        return bins;
    }

    /// <summary>Counts per category, with one more for all others.</summary>
    public long[] Count(ReadOnlySpan<int> codes, string[] categories, out long missing)
    {
        int[] bins = Array.ConvertAll(categories, IndexOf);
        long[] counts = new long[Names.Length + 1];
        missing = 0;
        foreach (int code in codes)
        {
            if (code == CategoryTable.Missing)
                missing++;
            else
                counts[code < 0 ? Names.Length : bins[code]]++;
        }

        return counts;
    }
}
