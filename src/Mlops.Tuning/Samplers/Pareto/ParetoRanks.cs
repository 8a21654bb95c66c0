namespace Mlops.Tuning;

/// <summary>
/// Fronts of non-dominated points, all objectives minimised: front 0 is beaten by none, front 1 only by points of front 0, and so on.
/// One or two objectives take O(n log n); more take O(n) comparisons with the fronts found so far per point.
/// </summary>
internal static class ParetoRanks
{
    /// <summary>The front of every point; equal points share theirs.</summary>
    public static int[] Of(double[][] points)
    {
        int[] order = [.. Enumerable.Range(0, points.Length)];
        Array.Sort(order, (a, b) => Compare(points[a], points[b]) is var sign and not 0 ? sign : a.CompareTo(b));
        int[] ranks = new int[points.Length];
        Rank(points, order, ranks);
        return ranks;
    }

    /// <summary>Ranks some of the points.</summary>
    /// <param name="points">The points.</param>
    /// <param name="order">Which, in lexicographic order.</param>
    /// <param name="ranks">Receives their fronts at their places.</param>
    internal static void Rank(double[][] points, ReadOnlySpan<int> order, Span<int> ranks)
    {
        switch (order.IsEmpty ? 0 : points[order[0]].Length)
        {
            case 0:
                break;
            case 1:
                RankValues(points, order, ranks);
                break;
            case 2:
                RankPairs(points, order, ranks);
                break;
            default:
                RankAny(points, order, ranks);
                break;
        }
    }

    private static void RankValues(double[][] points, ReadOnlySpan<int> order, Span<int> ranks)
    {
        ranks[order[0]] = 0;
        for (int i = 1; i < order.Length; i++)
        {
            ranks[order[i]] = ranks[order[i - 1]] + (points[order[i]][0] > points[order[i - 1]][0] ? 1 : 0);
        }
    }

    /// <summary>In the order of the first objective a point is beaten by a front exactly when the front's latest point is not above it in the second.</summary>
    private static void RankPairs(double[][] points, ReadOnlySpan<int> order, Span<int> ranks)
    {
        List<double> lowest = [];
        for (int i = 0; i < order.Length; i++)
        {
            double[] point = points[order[i]];
            if (i > 0 && Compare(points[order[i - 1]], point) == 0)
            {
                ranks[order[i]] = ranks[order[i - 1]];
                continue;
            }

            int front = 0;
            for (int high = lowest.Count; front < high;)
            {
                int middle = (front + high) / 2;
                if (lowest[middle] <= point[1])
                {
                    front = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            ranks[order[i]] = front;
            if (front == lowest.Count)
            {
                lowest.Add(point[1]);
            }
            else
            {
                lowest[front] = point[1];
            }
        }
    }

    /// <summary>In lexicographic order every point comes after those that beat it.</summary>
    private static void RankAny(double[][] points, ReadOnlySpan<int> order, Span<int> ranks)
    {
        List<List<double[]>> fronts = [];
        foreach (int index in order)
        {
            double[] point = points[index];
            int front = 0;
            while (front < fronts.Count && fronts[front].Exists(other => Dominates(other, point)))
            {
                front++;
            }

            if (front == fronts.Count)
            {
                fronts.Add([]);
            }

            fronts[front].Add(point);
            ranks[index] = front;
        }
    }

    /// <summary>Whether a point is nowhere worse and somewhere better.</summary>
    internal static bool Dominates(double[] better, double[] worse)
    {
        bool strictly = false;
        for (int i = 0; i < better.Length; i++)
        {
            if (better[i] > worse[i])
            {
                return false;
            }

            strictly |= better[i] < worse[i];
        }

        return strictly;
    }

    internal static int Compare(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            int sign = a[i].CompareTo(b[i]);
            if (sign != 0)
            {
                return sign;
            }
        }

        return 0;
    }
}
