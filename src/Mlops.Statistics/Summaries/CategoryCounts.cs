using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlops.Statistics;

/// <summary>
/// How often each category occurs, exactly, for the first <see cref="MaximumCategories"/> distinct ones; every further one is counted under
/// <see cref="OtherCount"/>, so that memory is bounded whatever is sent. Not thread-safe.
/// </summary>
/// <remarks>
/// Categories are compared by their UTF-16 code units. A known category costs no allocation. Where the most frequent of many categories
/// matter, not the first, use <see cref="SpaceSaving{TKey}"/>.
/// </remarks>
public sealed class CategoryCounts
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>Counts nothing yet.</summary>
    /// <param name="maximumCategories">Distinct categories that are told apart, at least 1.</param>
    public CategoryCounts(int maximumCategories = 1_000)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCategories, 1);
        MaximumCategories = maximumCategories;
        _lookup = _counts.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Distinct categories that are told apart.</summary>
    public int MaximumCategories { get; }

    /// <summary>Distinct categories seen, up to <see cref="MaximumCategories"/>.</summary>
    public int DistinctCount => _counts.Count;

    /// <summary>Values that are not missing, those under <see cref="OtherCount"/> included.</summary>
    public long Count { get; private set; }

    /// <summary>Values of categories that came when <see cref="MaximumCategories"/> were known.</summary>
    public long OtherCount { get; private set; }

    /// <summary>Null values.</summary>
    public long MissingCount { get; private set; }

    /// <summary>How often this category was counted; 0 for one that is unknown or among the others.</summary>
    public long this[ReadOnlySpan<char> category] => _lookup.TryGetValue(category, out long count) ? count : 0;

    /// <summary>Counts a value; null is missing, the empty text a category.</summary>
    public void Add(string? category)
    {
        if (category is null)
            MissingCount++;
        else
            Add(category.AsSpan());
    }

    /// <summary>Counts a value.</summary>
    public void Add(ReadOnlySpan<char> category)
    {
        Count++;
        ref long known = ref CollectionsMarshal.GetValueRefOrNullRef(_lookup, category);
        if (!Unsafe.IsNullRef(ref known))
            known++;
        else if (_counts.Count < MaximumCategories)
            _lookup[category] = 1;
        else
            OtherCount++;
    }

    /// <summary>Counts all values.</summary>
    public void Add(ReadOnlySpan<string?> categories)
    {
        foreach (string? category in categories)
            Add(category);
    }

    /// <summary>
    /// Adds the counts of <paramref name="other"/>. Exact while the distinct categories of both fit; else the less frequent ones of
    /// <paramref name="other"/> are counted under <see cref="OtherCount"/>.
    /// </summary>
    public void Merge(CategoryCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach ((string category, long count) in other.MostFrequent())
        {
            ref long known = ref CollectionsMarshal.GetValueRefOrNullRef(_counts, category);
            if (!Unsafe.IsNullRef(ref known))
                known += count;
            else if (_counts.Count < MaximumCategories)
                _counts[category] = count;
            else
                OtherCount += count;
        }

        Count += other.Count;
        OtherCount += other.OtherCount;
        MissingCount += other.MissingCount;
    }

    /// <summary>The categories that are told apart, most frequent first, equally frequent ones by their UTF-16 order.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> MostFrequent() =>
        [.. _counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)];

    /// <summary>
    /// Counts of both in one order, as the tests and distances on counts take them: the categories of either, in the order of
    /// <see cref="MostFrequent"/> of the reference, then those that only the current sample has, then the others of both. Missing values are left out.
    /// </summary>
    /// <remarks>A category that one side tells apart and the other counts under <see cref="OtherCount"/> is a difference that is not there; compare only
    /// where few are under it.</remarks>
    public static (long[] Reference, long[] Current) Align(CategoryCounts reference, CategoryCounts current)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        string[] categories = [.. reference.MostFrequent().Concat(current.MostFrequent()).Select(pair => pair.Key).Distinct(StringComparer.Ordinal)];
        long[] Of(CategoryCounts counts) => [.. categories.Select(category => counts[category]), counts.OtherCount];
        return (Of(reference), Of(current));
    }
}
