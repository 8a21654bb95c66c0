namespace Mlops.Tuning;

/// <summary>
/// The good ones of the feasible trials of several objectives. It follows views by what they add: points are read and put into their order once, and its memory is kept from one ask to the next.
/// </summary>
internal sealed class FrontSplit(IReadOnlyList<Direction> directions)
{
    // What a reference point of 0 becomes, so that volumes do not vanish.
    private const double Nothing = 1e-12;

    private readonly PairSubset _pairs = new();
    private readonly List<int> _places = [];
    private readonly List<int> _order = [];
    private readonly List<int> _members = [];
    private double[][] _points = [];
    private int[] _ranks = [];
    private int[] _visible = [];
    private int _followed;

    /// <summary>
    /// Whole fronts as long as they fit; of the first that does not, the points that add the most volume below 1.1 times its worst values.
    /// </summary>
    /// <returns>Places in the view.</returns>
    public List<int> Good(TrialView view, int size)
    {
        Follow(view);
        int count = Rank(view.Count);
        List<int> good = new(size);
        for (int front = 0, left = count; left > 0; front++)
        {
            _members.Clear();
            for (int i = 0; i < count; i++)
            {
                if (_ranks[i] == front)
                {
                    _members.Add(i);
                }
            }

            left -= _members.Count;
            if (_members.Count > size - good.Count)
            {
                double[][] candidates = [.. _members.Select(member => _points[member])];
                good.AddRange(Choose(candidates, size - good.Count).Select(chosen => _places[_members[chosen]]));
                break;
            }

            foreach (int member in _members)
            {
                good.Add(_places[member]);
            }
        }

        return good;
    }

    private void Follow(TrialView view)
    {
        for (; _followed < view.Count; _followed++)
        {
            if (view.States[_followed] != TrialState.Completed || view.Violations[_followed] != 0)
            {
                continue;
            }

            int added = _places.Count;
            if (added == _points.Length)
            {
                int capacity = Math.Max(32, added * 2);
                Array.Resize(ref _points, capacity);
                Array.Resize(ref _ranks, capacity);
                Array.Resize(ref _visible, capacity);
            }

            double[] point = new double[directions.Count];
            for (int objective = 0; objective < point.Length; objective++)
            {
                double value = view.Values(objective)[_followed];
                point[objective] = directions[objective] == Direction.Maximize ? -value : value;
            }

            _points[added] = point;
            _places.Add(_followed);
            _order.Insert(PlaceOf(point), added);
        }
    }

    /// <summary>After all that are not above it, as those came earlier.</summary>
    private int PlaceOf(double[] point)
    {
        int low = 0;
        for (int high = _order.Count; low < high;)
        {
            int middle = (low + high) / 2;
            if (ParetoRanks.Compare(_points[_order[middle]], point) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Ranks the points of a view, which may be an earlier one.</summary>
    /// <returns>How many there are.</returns>
    private int Rank(int places)
    {
        int count = _places.BinarySearch(places);
        count = count < 0 ? ~count : count;
        int visible = 0;
        foreach (int index in _order)
        {
            if (index < count)
            {
                _visible[visible++] = index;
            }
        }

        ParetoRanks.Rank(_points, _visible.AsSpan(0, count), _ranks);
        return count;
    }

    private List<int> Choose(double[][] candidates, int size)
    {
        double[] reference = Reference(candidates);
        return (reference.Length == 2 ? _pairs.Choose(candidates, size, reference) : null) ?? Hypervolume.ChooseLazily(candidates, size, reference);
    }

    private static double[] Reference(double[][] points) => [.. Enumerable.Range(0, points[0].Length).Select(objective =>
    {
        double worst = points.Max(point => point[objective]);
        return worst == 0 ? Nothing : Math.Max(1.1 * worst, 0.9 * worst);
    })];
}
