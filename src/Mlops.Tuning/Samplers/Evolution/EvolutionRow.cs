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
        EvolutionRow[] feasible = [.. rows.FindAll(static row => row.Group == 0)];
        int[] ranks = ParetoRanks.Of(Array.ConvertAll(feasible, static row => row.Values));
        double[] rooms = Rooms(feasible, ranks);
        (Key Key, EvolutionRow Row)[] sorted = new (Key, EvolutionRow)[rows.Count];
        int next = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            EvolutionRow row = rows[i];
            Key key = row.Group == 0 ? new(0, ranks[next], -rooms[next++], row.Number, row.Index)
                : new(row.Group, row.First, row.Group == 1 ? row.Values[0] : 0, row.Number, row.Index);
            sorted[i] = (key, row);
        }

        Array.Sort(sorted, static (a, b) => a.Key.CompareTo(b.Key));
        for (int i = 0; i < sorted.Length; i++)
        {
            rows[i] = sorted[i].Row;
        }
    }

    /// <summary>The crowding distance: per objective the gap between a point's neighbours on its front as a share of the front's extent; infinite at the ends.</summary>
    private static double[] Rooms(EvolutionRow[] rows, int[] ranks)
    {
        double[] rooms = new double[rows.Length];
        int[] order = [.. Enumerable.Range(0, rows.Length)];
        for (int objective = 0; rows.Length > 0 && objective < rows[0].Values.Length; objective++)
        {
            int along = objective;
            Array.Sort(order, (a, b) => (ranks[a], rows[a].Values[along], a).CompareTo((ranks[b], rows[b].Values[along], b)));
            for (int first = 0; first < order.Length;)
            {
                int last = first;
                while (last + 1 < order.Length && ranks[order[last + 1]] == ranks[order[first]])
                {
                    last++;
                }

                double extent = rows[order[last]].Values[objective] - rows[order[first]].Values[objective];
                rooms[order[first]] = rooms[order[last]] = double.PositiveInfinity;
                for (int i = first + 1; i < last && extent > 0; i++)
                {
                    rooms[order[i]] += (rows[order[i + 1]].Values[objective] - rows[order[i - 1]].Values[objective]) / extent;
                }

                first = last + 1;
            }
        }

        return rooms;
    }

    private readonly record struct Key(int Group, double First, double Second, int Number, int Index) : IComparable<Key>
    {
        public int CompareTo(Key other) => (Group, First, Second, Number, Index).CompareTo((other.Group, other.First, other.Second, other.Number, other.Index));
    }
}
