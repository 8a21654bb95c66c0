namespace Mlops.Tuning;

/// <summary>
/// Which finished trials count as good: the first ceil(n/10) of the completed and pruned ones in the order of <see cref="TrialOrder"/>, with
/// one objective at most 25.
/// </summary>
internal static class TpeSplit
{
    public const int MaximumGood = 25;

    // What a reference point of 0 becomes, so that volumes do not vanish.
    private const double Nothing = 1e-12;

    /// <summary>How many of n are good.</summary>
    public static int GoodCount(int usable, int objectives = 1) => objectives == 1 ? Math.Min((usable + 9) / 10, MaximumGood) : (usable + 9) / 10;

    public static bool IsUsable(TrialState state) => state is TrialState.Completed or TrialState.Pruned;

    /// <summary>The good trials' places in the view, best first; with several objectives in no particular order.</summary>
    public static List<int> Good(TrialView view, int usable, IReadOnlyList<Direction> directions)
    {
        int size = GoodCount(usable, directions.Count);
        if (directions.Count == 1)
        {
            return First(view, size, directions[0] == Direction.Maximize, withCompleted: true);
        }

        List<int> good = NonDominated(view, size, directions);
        good.AddRange(First(view, size - good.Count, directions[0] == Direction.Maximize, withCompleted: false));
        return good;
    }

    private static List<int> First(TrialView view, int size, bool maximize, bool withCompleted)
    {
        List<TrialOrder.Key> best = new(size + 1);
        double worst = double.PositiveInfinity;
        ReadOnlySpan<TrialState> states = view.States;
        ReadOnlySpan<double> values = view.Values(0);
        ReadOnlySpan<double> violations = view.Violations;
        for (int i = 0; size > 0 && i < states.Length; i++)
        {
            bool isCompleted = states[i] == TrialState.Completed && violations[i] == 0;
            double value = maximize ? -values[i] : values[i];
            if (!view.IsUsable(i) || (isCompleted && (!withCompleted || value > worst)))
            {
                continue;
            }

            TrialOrder.Key candidate = TrialOrder.Of(view, i, maximize);
            if (best.Count == size && candidate.CompareTo(best[^1]) >= 0)
            {
                continue;
            }

            int place = best.BinarySearch(candidate);
            best.Insert(~place, candidate);
            if (best.Count > size)
            {
                best.RemoveAt(size);
            }

            if (best.Count == size && best[^1].IsCompleted)
            {
                worst = best[^1].Value;
            }
        }

        return best.ConvertAll(static entry => entry.Index);
    }

    /// <summary>
    /// Whole fronts as long as they fit; of the first that does not, the points that add the most volume below 1.1 times its worst values.
    /// </summary>
    private static List<int> NonDominated(TrialView view, int size, IReadOnlyList<Direction> directions)
    {
        List<int> places = [];
        for (int i = 0; i < view.Count; i++)
        {
            if (view.States[i] == TrialState.Completed && view.Violations[i] == 0)
            {
                places.Add(i);
            }
        }

        double[][] points = [.. places.Select(place => Enumerable.Range(0, directions.Count)
            .Select(objective => directions[objective] == Direction.Maximize ? -view.Values(objective)[place] : view.Values(objective)[place]).ToArray())];
        List<int> good = [];
        foreach (IGrouping<int, int> front in ParetoRanks.Of(points).Select(static (rank, index) => (rank, index))
            .GroupBy(static entry => entry.rank, static entry => entry.index).OrderBy(static group => group.Key))
        {
            int[] members = [.. front];
            if (members.Length <= size - good.Count)
            {
                good.AddRange(members.Select(member => places[member]));
                continue;
            }

            double[][] candidates = Array.ConvertAll(members, member => points[member]);
            good.AddRange(Hypervolume.ChooseSubset(candidates, size - good.Count, Reference(candidates)).Select(chosen => places[members[chosen]]));
            break;
        }

        return good;
    }

    private static double[] Reference(double[][] points) => [.. Enumerable.Range(0, points[0].Length).Select(objective =>
    {
        double worst = points.Max(point => point[objective]);
        return worst == 0 ? Nothing : Math.Max(1.1 * worst, 0.9 * worst);
    })];
}
