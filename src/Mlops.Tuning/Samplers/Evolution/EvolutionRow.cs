namespace Mlops.Tuning;

/// <summary>A finished trial in a population.</summary>
/// <param name="Index">Its place in the view.</param>
/// <param name="Number">The trial's number.</param>
/// <param name="Group">0 for completed and feasible, 1 for pruned, 2 for what misses its constraints.</param>
/// <param name="First">Within pruned ones the negated step reached, within infeasible ones by how much they miss their constraints.</param>
/// <param name="Values">What is to be minimised; within pruned ones the last report.</param>
internal sealed record EvolutionRow(int Index, int Number, int Group, double First, double[] Values)
{
    /// <summary>Null for trials without a usable outcome.</summary>
    public static EvolutionRow? Read(TrialView view, int index, IReadOnlyList<Direction> directions)
    {
        int number = view.Numbers[index];
        bool maximize = directions[0] == Direction.Maximize;
        switch (view.States[index])
        {
            case TrialState.Completed:
                double[] values = new double[directions.Count];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = directions[i] == Direction.Maximize ? -view.Values(i)[index] : view.Values(i)[index];
                }

                return view.Violations[index] > 0 ? new(index, number, 2, view.Violations[index], values) : new(index, number, 0, 0, values);
            case TrialState.Pruned:
                double report = view.LastReports[index];
                return new(index, number, 1, -view.LastSteps[index], [double.IsNaN(report) ? double.PositiveInfinity : maximize ? -report : report]);
            default:
                return null;
        }
    }

    /// <summary>
    /// Sorts by constrained dominance, the best first: feasible ones by front and then by the room they have on it, pruned ones by how far they came, and last
    /// those that miss their constraints, by how much (Deb et al. 2002).
    /// </summary>
    public static void Sort(List<EvolutionRow> rows)
    {
        EvolutionRow[] feasible = [.. rows.Where(static row => row.Group == 0)];
        int[] ranks = ParetoRanks.Of(Array.ConvertAll(feasible, static row => row.Values));
        Dictionary<int, (int Rank, double Room)> order = [];
        foreach (IGrouping<int, int> front in Enumerable.Range(0, feasible.Length).GroupBy(i => ranks[i]))
        {
            int[] members = [.. front];
            double[] rooms = Rooms(Array.ConvertAll(members, i => feasible[i].Values));
            for (int i = 0; i < members.Length; i++)
            {
                order[feasible[members[i]].Index] = (front.Key, rooms[i]);
            }
        }

        rows.Sort((a, b) => KeyOf(a).CompareTo(KeyOf(b)));

        (int, double, double, int, int) KeyOf(EvolutionRow row) => row.Group == 0
            ? (0, order[row.Index].Rank, -order[row.Index].Room, row.Number, row.Index)
            : (row.Group, row.First, row.Group == 1 ? row.Values[0] : 0, row.Number, row.Index);
    }

    /// <summary>The crowding distance: per objective the gap between a point's neighbours as a share of the front's extent; infinite at the ends.</summary>
    private static double[] Rooms(double[][] front)
    {
        double[] rooms = new double[front.Length];
        for (int objective = 0; front.Length > 0 && objective < front[0].Length; objective++)
        {
            int[] order = [.. Enumerable.Range(0, front.Length).OrderBy(i => front[i][objective]).ThenBy(static i => i)];
            double extent = front[order[^1]][objective] - front[order[0]][objective];
            rooms[order[0]] = rooms[order[^1]] = double.PositiveInfinity;
            for (int i = 1; i < order.Length - 1 && extent > 0; i++)
            {
                rooms[order[i]] += (front[order[i + 1]][objective] - front[order[i - 1]][objective]) / extent;
            }
        }

        return rooms;
    }
}
