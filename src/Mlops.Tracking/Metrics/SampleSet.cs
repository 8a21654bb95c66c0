using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>
/// Points of a series as a set. Two are one point when step, time and every bit of the value are equal, whoever logged them and however
/// often: a client that got no answer sends again what may be stored already, and nothing tells that from a second measurement.
/// </summary>
internal static class SampleSet
{
    /// <summary>Sorts points and removes what is there again; how many that were.</summary>
    public static int Of(List<Sample> points)
    {
        int kept = Of(CollectionsMarshal.AsSpan(points)).Length, repeats = points.Count - kept;
        points.RemoveRange(kept, repeats);
        return repeats;
    }

    /// <summary>Sorts points in place; the part that holds each of them once.</summary>
    public static Span<Sample> Of(Span<Sample> points)
    {
        if (IsAscending(points))
        {
            return points;
        }

        points.Sort();
        int kept = 1;
        for (int i = 1; i < points.Length; i++)
        {
            if (points[i] != points[kept - 1])
            {
                points[kept++] = points[i];
            }
        }

        return points[..kept];
    }

    private static bool IsAscending(ReadOnlySpan<Sample> points)
    {
        for (int i = 1; i < points.Length; i++)
        {
            if (points[i].CompareTo(points[i - 1]) <= 0)
            {
                return false;
            }
        }

        return true;
    }
}
