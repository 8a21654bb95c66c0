namespace Mlops.Drift;

/// <summary>The categories that only one side has, most frequent first.</summary>
internal static class CategoryLists
{
    public const string Others = "(others, not told apart)";

    private const int MaximumListed = 10;

    public static CategoryCount[] New(CategoricalFrame frame, ReadOnlySpan<int> codes, string[] categories)
    {
        long[] rows = new long[categories.Length];
        long overflow = 0;
        foreach (int code in codes)
        {
            if (code >= 0)
                rows[code]++;
            else
                overflow += code == CategoryTable.Overflow ? 1 : 0;
        }

        IEnumerable<CategoryCount> named = Enumerable.Range(0, categories.Length)
            .Where(i => rows[i] > 0 && frame.IndexOf(categories[i]) == frame.Names.Length)
            .Select(i => new CategoryCount(categories[i], rows[i]));
        if (overflow > 0)
            named = named.Append(new CategoryCount(Others, overflow));
        return [.. named.OrderByDescending(static c => c.Rows).ThenBy(static c => c.Name, StringComparer.Ordinal).Take(MaximumListed)];
    }

    public static CategoryCount[] Vanished(CategoricalFrame frame, long[] reference, long[] current) =>
        [.. Enumerable.Range(0, frame.Names.Length).Where(i => reference[i] > 0 && current[i] == 0)
            .Select(i => new CategoryCount(frame.Names[i], reference[i])).OrderByDescending(static c => c.Rows).Take(MaximumListed)];
}
