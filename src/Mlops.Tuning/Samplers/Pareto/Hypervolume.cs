namespace Mlops.Tuning;

/// <summary>
/// The volume that points dominate up to a reference point, all objectives minimised. Two objectives by a sweep, more by the exclusive
/// volumes of While, Bradstreet, Barone: A fast way of calculating exact hypervolumes (2012).
/// </summary>
internal static class Hypervolume
{
    /// <summary>The volume; points that are not below the reference in every objective add nothing.</summary>
    public static double Of(IEnumerable<double[]> points, double[] reference) => OfFront(Front(points.Where(point => IsBelow(point, reference))), reference);

    /// <summary>
    /// Chooses points one after the other, each the one that adds the most volume to those before it, the first among equals.
    /// A choice is at least 1 - 1/e as good as the best subset, because volumes are submodular.
    /// </summary>
    /// <returns>The places of the chosen points, in the order of choice.</returns>
    public static List<int> ChooseSubset(double[][] points, int size, double[] reference) =>
        (reference.Length == 2 ? new PairSubset().Choose(points, size, reference) : null) ?? ChooseLazily(points, size, reference);

    /// <summary>The same for any number of objectives.</summary>
    internal static List<int> ChooseLazily(double[][] points, int size, double[] reference)
    {
        List<int> chosen = [];
        List<double[]> taken = [];
        double total = 0;

        // What a point adds never grows as others are taken, so a stale gain is a bound and most points need no new one.
        double[] gains = Array.ConvertAll(points, point => IsBelow(point, reference) ? Box(point, reference) : 0);
        int[] seen = new int[points.Length];
        bool[] isChosen = new bool[points.Length];
        while (chosen.Count < Math.Min(size, points.Length))
        {
            int best = -1;
            while (true)
            {
                best = Largest(gains, isChosen);
                if (seen[best] == chosen.Count)
                {
                    break;
                }

                gains[best] = Math.Min(gains[best], Math.Max(0, Of([.. taken, points[best]], reference) - total));
                seen[best] = chosen.Count;
            }

            isChosen[best] = true;
            chosen.Add(best);
            taken.Add(points[best]);
            total += gains[best];
        }

        return chosen;
    }

    private static int Largest(double[] gains, bool[] isChosen)
    {
        int best = -1;
        for (int i = 0; i < gains.Length; i++)
        {
            if (!isChosen[i] && (best < 0 || gains[i] > gains[best]))
            {
                best = i;
            }
        }

        return best;
    }

    private static double OfFront(List<double[]> front, double[] reference)
    {
        if (front.Count == 0)
        {
            return 0;
        }

        if (reference.Length <= 2)
        {
            return Sweep(front, reference);
        }

        double sum = 0;
        for (int i = 0; i < front.Count; i++)
        {
            double[] point = front[i];
            IEnumerable<double[]> shared = front.Skip(i + 1).Select(other => Worse(point, other));
            sum += Box(point, reference) - OfFront(Front(shared), reference);
        }

        return sum;
    }

    /// <summary>One objective: the best point's distance. Two: strips between neighbours of a front, by the first objective.</summary>
    private static double Sweep(List<double[]> front, double[] reference)
    {
        if (reference.Length == 1)
        {
            return reference[0] - front.Min(static point => point[0]);
        }

        front.Sort(static (a, b) => a[0].CompareTo(b[0]));
        double sum = 0;
        double ceiling = reference[1];
        foreach (double[] point in front)
        {
            sum += (reference[0] - point[0]) * (ceiling - point[1]);
            ceiling = point[1];
        }

        return sum;
    }

    /// <summary>The points that no other beats, one of each set of equal ones, ordered by the last objective so that shared volumes shrink early.</summary>
    private static List<double[]> Front(IEnumerable<double[]> points)
    {
        List<double[]> front = [];
        foreach (double[] point in points)
        {
            if (front.Exists(other => IsNotWorse(other, point)))
            {
                continue;
            }

            front.RemoveAll(other => IsNotWorse(point, other));
            front.Add(point);
        }

        front.Sort(static (a, b) => b[^1].CompareTo(a[^1]));
        return front;
    }

    private static bool IsNotWorse(double[] a, double[] b)
    {
        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] > b[i])
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsBelow(double[] point, double[] reference)
    {
        for (int i = 0; i < point.Length; i++)
        {
            if (!(point[i] < reference[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static double[] Worse(double[] a, double[] b)
    {
        double[] worse = new double[a.Length];
        for (int i = 0; i < a.Length; i++)
        {
            worse[i] = Math.Max(a[i], b[i]);
        }

        return worse;
    }

    private static double Box(double[] point, double[] reference)
    {
        double volume = 1;
        for (int i = 0; i < point.Length; i++)
        {
            volume *= reference[i] - point[i];
        }

        return volume;
    }
}
