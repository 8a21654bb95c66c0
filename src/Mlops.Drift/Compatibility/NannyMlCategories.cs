using System.Runtime.InteropServices;
using Mlops.Statistics;

namespace Mlops.Drift;

/// <summary>A column of categories.</summary>
internal sealed class NannyMlCategories : INannyMlColumn
{
    private readonly DriftColumn _column;
    private readonly NannyMlMethod _method;
    private readonly Dictionary<string, int> _places = [];
    private readonly long[] _counts;

    public NannyMlCategories(DriftBatch reference, DriftColumn column, NannyMlOptions options)
    {
        (_column, _method) = (column, options.CategoricalMethod);
        _counts = Count(ComparedColumn.Texts(reference, column, ..), _places);
    }

    public (double? Value, double? PValue) Compare(DriftBatch batch, Range rows)
    {
        string[] chunk = ComparedColumn.Texts(batch, _column, rows);
        if (_counts.Length == 0 || chunk.Length == 0)
            return (null, null);

        // Categories that the reference lacks come after its own.
        Dictionary<string, int> fresh = [];
        long[] y = Count(chunk, fresh, _places), x = new long[y.Length];
        _counts.CopyTo(x, 0);
        if (_method == NannyMlMethod.ChiSquare)
        {
            // One category has no degree of freedom: scipy says statistic 0 and p-value 1.
            if (x.Length == 1)
                return (0, 1);
            TwoSampleResult result = ChiSquare.Test(x, y, mergeRare: false, yates: x.Length == 2);
            return (result.Statistic, result.PValue);
        }

        double? distance = _method switch
        {
            NannyMlMethod.Hellinger => Hellinger.Distance(x, y),
            NannyMlMethod.LInfinity => ShareDistance.LInfinity(x, y),
            _ => JensenShannon.DistanceBase2(x, y),
        };
        return (distance, null);
    }

    /// <summary>The count of each category at its place: those of <paramref name="known"/> first, then new ones as they come, which <paramref name="places"/> takes.</summary>
    private static long[] Count(string[] texts, Dictionary<string, int> places, Dictionary<string, int>? known = null)
    {
        int count = known?.Count ?? 0;
        List<long> counts = [.. new long[count]];
        foreach (string text in texts)
        {
            if (known is null || !known.TryGetValue(text, out int place))
            {
                ref int added = ref CollectionsMarshal.GetValueRefOrAddDefault(places, text, out bool exists);
                if (!exists)
                {
                    added = counts.Count;
                    counts.Add(0);
                }

                place = added;
            }

            counts[place]++;
        }

        return [.. counts];
    }
}
