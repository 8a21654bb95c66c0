using System.Collections.Concurrent;
using System.Globalization;

namespace Mlops.Drift;

/// <summary>The texts of integers that serve as categories, kept so that observing one again allocates nothing.</summary>
internal static class NumberText
{
    private const int MaximumKept = 4_096;

    private static readonly ConcurrentDictionary<long, string> Kept = new();
    private static int _count;

    public static string Of(long number)
    {
        if (Kept.TryGetValue(number, out string? known))
            return known;
        string text = number.ToString(CultureInfo.InvariantCulture);
        if (Volatile.Read(ref _count) < MaximumKept && Kept.TryAdd(number, text))
            Interlocked.Increment(ref _count);
        return text;
    }
}
