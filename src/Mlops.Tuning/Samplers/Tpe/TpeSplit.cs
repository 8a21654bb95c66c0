namespace Mlops.Tuning;

/// <summary>Which finished trials count as good: the best ceil(n/10), at most 25, of the completed and pruned ones.</summary>
internal static class TpeSplit
{
    public const int MaximumGood = 25;

    /// <summary>How many of n are good.</summary>
    public static int GoodCount(int usable) => Math.Min((usable + 9) / 10, MaximumGood);

    public static bool IsUsable(TrialState state) => state is TrialState.Completed or TrialState.Pruned;

    /// <summary>
    /// The good trials' places in the view, best first. Completed ones are ordered by value, pruned ones after them by the step they
    /// reached and then the value reported there; the lower number comes first among equals.
    /// </summary>
    public static List<int> Good(TrialView view, int usable, bool maximize)
    {
        int size = GoodCount(usable);
        List<(double Class, double Key, double Value, int Number, int Index)> best = new(size + 1);
        double worst = double.PositiveInfinity;
        ReadOnlySpan<TrialState> states = view.States;
        ReadOnlySpan<int> numbers = view.Numbers;
        ReadOnlySpan<double> values = view.Values(0);
        for (int i = 0; i < states.Length; i++)
        {
            bool isCompleted = states[i] == TrialState.Completed;
            double value = maximize ? -values[i] : values[i];
            if (!IsUsable(states[i]) || (isCompleted && value > worst))
            {
                continue;
            }

            (double, double, double, int, int) candidate = isCompleted
                ? (0, 0, value, numbers[i], i)
                : Pruned(view.LastSteps[i], view.LastReports[i], maximize, numbers[i], i);
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

            if (best.Count == size && best[^1].Class == 0)
            {
                worst = best[^1].Value;
            }
        }

        return best.ConvertAll(static entry => entry.Index);
    }

    private static (double Class, double Key, double Value, int Number, int Index) Pruned(int step, double report, bool maximize, int number, int index)
    {
        if (step < 0)
        {
            return (1, 1, 0, number, index);
        }

        double value = double.IsNaN(report) ? double.PositiveInfinity : maximize ? -report : report;
        return (1, -step, value, number, index);
    }
}
