namespace Mlops.Drift;

/// <summary>
/// One categorical column's rows of both sides as indicator columns: one for missing, one for each frequent category, one for all others. What counts as frequent is decided by both sides together: would the
/// reference decide alone, its rows were seldom "other", and a table with rare categories would alarm without drift.
/// </summary>
internal sealed class PooledCategories
{
    private const int MaximumCategories = 20;

    // A rarer one tells little and could be known to one side by chance.
    private const int FewestRows = 10;

    // So far above the least frequent category that the profile keeps, a name is kept whichever rows the reference happens to hold.
    private const double Certain = 2;

    private readonly string?[] _reference;
    private readonly string?[] _current;

    private PooledCategories(string?[] reference, string?[] current)
    {
        _reference = reference;
        _current = current;
    }

    /// <summary>The indicators, those that hold no one left out.</summary>
    /// <param name="frame">The categories that the profile keeps.</param>
    /// <param name="counts">The whole reference's rows by bin of the frame, all others last.</param>
    /// <param name="reference">Bins of the reference's rows.</param>
    /// <param name="current">Texts of the current rows.</param>
    public static IEnumerable<(bool[] Reference, bool[] Current)> Indicators(CategoricalFrame frame, ReadOnlySpan<long> counts, int[] reference, string?[] current)
    {
        // Where the profile dropped names, a current category without a name may be one of those.
        bool complete = counts[^1] == 0;
        PooledCategories pooled = new(
            Array.ConvertAll(reference, bin => bin == CategoryTable.Missing ? null : bin < frame.Names.Length ? frame.Names[bin] : CategoryTable.OverflowText),
            Array.ConvertAll(current, text => Name(text, frame, complete)));
        double fewest = FewestRows;
        if (!complete)
        {
            (long kept, long all) = (long.MaxValue, 0);
            foreach (long count in counts[..^1])
                kept = Math.Min(kept, count);
            foreach (long count in counts)
                all += count;
            fewest = Math.Max(fewest, Certain * kept / all * (reference.Length + current.Length));
        }

        return pooled.Indicators(fewest);
    }

    private IEnumerable<(bool[] Reference, bool[] Current)> Indicators(double fewest)
    {
        string[] frequent = [.. _reference.Concat(_current)
            .OfType<string>()
            .Where(static name => name != CategoryTable.OverflowText)
            .CountBy(static name => name, StringComparer.Ordinal)
            .Where(named => named.Value >= fewest)
            .OrderByDescending(static named => named.Value)
            .ThenBy(static named => named.Key, StringComparer.Ordinal)
            .Take(MaximumCategories)
            .Select(static named => named.Key)];
        HashSet<string> named = new(frequent, StringComparer.Ordinal);
        IEnumerable<Predicate<string?>> columns =
        [
            static name => name is null,
            .. frequent.Select(static wanted => (Predicate<string?>)(name => name == wanted)),
            name => name is not null && !named.Contains(name),
        ];
        return columns
            .Select(column => (Array.ConvertAll(_reference, name => column(name)), Array.ConvertAll(_current, name => column(name))))
            .Where(static both => both.Item1.Contains(true) || both.Item2.Contains(true));
    }

    private static string? Name(string? text, CategoricalFrame frame, bool complete)
    {
        if (text is { Length: > CategoryTable.MaximumLength })
            text = text[..CategoryTable.MaximumLength];
        return text is null || complete || frame.IndexOf(text) < frame.Names.Length ? text : CategoryTable.OverflowText;
    }
}
