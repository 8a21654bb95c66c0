namespace Mlops.Tuning;

/// <summary>
/// Which finished trials count as good: the first ceil(n/10) of the completed and pruned ones in the order of <see cref="TrialOrder"/>, with
/// one objective at most 25.
/// </summary>
internal sealed class TpeSplit(IReadOnlyList<Direction> directions)
{
    public const int MaximumGood = 25;

    private readonly FrontSplit _fronts = new(directions);

    /// <summary>How many of n are good.</summary>
    public static int GoodCount(int usable, int objectives = 1) => objectives == 1 ? Math.Min((usable + 9) / 10, MaximumGood) : (usable + 9) / 10;

    public static bool IsUsable(TrialState state) => state is TrialState.Completed or TrialState.Pruned;

    /// <summary>The good trials' places in the view, best first; with several objectives in no particular order.</summary>
    public List<int> Good(TrialView view, int usable)
    {
        int size = GoodCount(usable, directions.Count);
        bool maximize = directions[0] == Direction.Maximize;
        if (directions.Count == 1)
        {
            return First(view, size, maximize, withCompleted: true);
        }

        List<int> good = _fronts.Good(view, size);
        good.AddRange(First(view, size - good.Count, maximize, withCompleted: false));
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
}
