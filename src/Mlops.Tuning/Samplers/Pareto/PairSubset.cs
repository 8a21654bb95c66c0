namespace Mlops.Tuning;

/// <summary>
/// Greedy choice by volume along a front of two objectives: between its neighbours in the choice a point adds a rectangle, so that a choice takes O(n) and no volume is computed anew.
/// </summary>
internal static class PairSubset
{
    /// <summary>Like <see cref="Hypervolume.ChooseSubset"/>; null when some point beats another.</summary>
    public static List<int>? Choose(double[][] points, int size, double[] reference)
    {
        int[] order = [.. Enumerable.Range(0, points.Length)];
        Array.Sort(order, (a, b) => (points[a][0], points[a][1], a).CompareTo((points[b][0], points[b][1], b)));
        if (!IsFront(points, order))
        {
            return null;
        }

        int[] placeOf = new int[order.Length];
        double[] right = new double[order.Length];
        double[] top = new double[order.Length];
        for (int place = 0; place < order.Length; place++)
        {
            (placeOf[order[place]], right[place], top[place]) = (place, reference[0], reference[1]);
        }

        List<int> chosen = [];
        bool[] isChosen = new bool[order.Length];
        while (chosen.Count < Math.Min(size, points.Length))
        {
            int best = -1;
            double most = -1;
            for (int i = 0; i < points.Length; i++)
            {
                double gain = isChosen[i] ? -1 : Math.Max(0, right[placeOf[i]] - points[i][0]) * Math.Max(0, top[placeOf[i]] - points[i][1]);
                (best, most) = gain > most ? (i, gain) : (best, most);
            }

            isChosen[best] = true;
            chosen.Add(best);
            Confine(points[best], placeOf[best], right, top);
        }

        return chosen;
    }

    /// <summary>In the order of the first objective each point is below the one before it in the second, or equal to it.</summary>
    private static bool IsFront(double[][] points, int[] order)
    {
        for (int i = 1; i < order.Length; i++)
        {
            (double[] before, double[] point) = (points[order[i - 1]], points[order[i]]);
            if (!(point[1] < before[1] && point[0] > before[0]) && !point.AsSpan().SequenceEqual(before))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The rectangles up to the next choice on either side end at the new one.</summary>
    private static void Confine(double[] point, int place, double[] right, double[] top)
    {
        for (int i = place - 1; i >= 0 && right[i] > point[0]; i--)
        {
            right[i] = point[0];
        }

        for (int i = place + 1; i < top.Length && top[i] > point[1]; i++)
        {
            top[i] = point[1];
        }
    }
}
