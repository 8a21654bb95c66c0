using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>In how many texts of either side each word occurs. Words beyond a limit are not counted. Not thread-safe.</summary>
internal sealed class WordShares
{
    private const int MaximumWords = 200_000;

    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<Counts> _counts = [];
    private int _text;

    public WordShares() => _lookup = _indexes.GetAlternateLookup<ReadOnlySpan<char>>();

    public void StartText() => _text++;

    public void Add(ReadOnlySpan<char> word, bool isReference)
    {
        if (!_lookup.TryGetValue(word, out int index))
        {
            if (_counts.Count >= MaximumWords)
                return;
            index = _counts.Count;
            string name = word.ToString();
            _indexes.Add(name, index);
            _counts.Add(new Counts(name));
        }

        ref Counts counts = ref CollectionsMarshal.AsSpan(_counts)[index];
        if (counts.LastText == _text)
            return;
        counts.LastText = _text;
        if (isReference)
            counts.Reference++;
        else
            counts.Current++;
    }

    /// <summary>Those whose shares differ beyond chance, the largest difference first.</summary>
    public IReadOnlyList<TellingWord> Telling(int reference, int current, double alpha, int maximum)
    {
        if (reference == 0 || current == 0)
            return [];
        return [.. _counts
            .Where(counts => Math.Min(1, PValue(counts, reference, current) * _counts.Count) <= alpha)
            .Select(counts => new TellingWord(counts.Word, (double)counts.Reference / reference, (double)counts.Current / current))
            .OrderByDescending(static word => Math.Abs(word.CurrentShare - word.ReferenceShare))
            .ThenBy(static word => word.Word, StringComparer.Ordinal)
            .Take(maximum)];
    }

    private static double PValue(in Counts counts, int reference, int current)
    {
        // Exact where it matters and cheap: most words are rare, and few of those can differ beyond chance at all.
        double? normal = TwoProportionZ.Test(counts.Reference, reference, counts.Current, current).PValue;
        return normal > 0.05 ? 1 : FisherExact.Test(counts.Reference, reference, counts.Current, current).PValue ?? 1;
    }

    private struct Counts(string word)
    {
        public string Word { get; } = word;
        public int Reference { get; set; }
        public int Current { get; set; }
        public int LastText { get; set; }
    }
}
