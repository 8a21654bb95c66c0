namespace Mlops.Tuning;

/// <summary>
/// Greedy choice by volume along a front of two objectives: between its neighbours in the choice a point adds a rectangle, so that a choice takes O(n) and no volume is computed anew.
/// Its memory is kept from one choice to the next. Not thread-safe.
/// </summary>
internal sealed class PairSubset
{
    private int[] _order = [];
    private int[] _placeOf = [];
    private double[] _right = [];
    private double[] _top = [];
    private bool[] _isChosen = [];

    /// <summary>Like <see cref="Hypervolume.ChooseSubset"/>; null when some point beats another.</summary>
    public List<int>? Choose(double[][] points, int size, double[] reference)
    {
        EnsureRoom(points.Length);
        Span<int> order = _order.AsSpan(0, points.Length);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        order.Sort((a, b) => (points[a][0], points[a][1], a).CompareTo((points[b][0], points[b][1], b)));
        if (!IsFront(points, order))
        {
            return null;
        }

        for (int place = 0; place < order.Length; place++)
        {
            (_placeOf[order[place]], _right[place], _top[place], _isChosen[place]) = (place, reference[0], reference[1], false);
        }

        int count = Math.Min(size, points.Length);
        List<int> chosen = new(count);
        while (chosen.Count < count)
        {
            int best = -1;
            double most = 0;
            for (int i = 0; i < points.Length; i++)
            {
                int place = _placeOf[i];
                double gain = Math.Max(0, _right[place] - points[i][0]) * Math.Max(0, _top[place] - points[i][1]);
                if (!_isChosen[i] && (best < 0 || gain > most))
                {
                    (best, most) = (i, gain);
                }
            }

            _isChosen[best] = true;
            chosen.Add(best);
            Confine(points[best], _placeOf[best], _right.AsSpan(0, points.Length), _top.AsSpan(0, points.Length));
        }

        return chosen;
    }

    /// <summary>In the order of the first objective each point is below the one before it in the second, or equal to it.</summary>
    private static bool IsFront(double[][] points, ReadOnlySpan<int> order)
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
    private static void Confine(double[] point, int place, Span<double> right, Span<double> top)
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

    private void EnsureRoom(int count)
    {
        if (_order.Length < count)
        {
            _order = new int[count * 2];
            _placeOf = new int[count * 2];
            _right = new double[count * 2];
            _top = new double[count * 2];
            _isChosen = new bool[count * 2];
        }
    }
}
