namespace Mlops.Tuning;

/// <summary>The points of a front, in memory that is kept. Points that others dominate may be among them; they change no volume.</summary>
internal sealed class FrontPoints(int objectives)
{
    private readonly List<double[]> _points = [];
    private readonly List<double> _distances = [];

    public int Count { get; private set; }

    /// <summary>How many points a front keeps, so that its boxes stay a few hundred.</summary>
    private int Largest => objectives switch
    {
        2 => 128,
        3 => 64,
        4 => 20,
        5 => 10,
        _ => 6,
    };

    public double[] this[int point] => _points[point];

    public void Clear() => Count = 0;

    public void Add(ReadOnlySpan<double> point)
    {
        if (Count == _points.Count)
        {
            _points.Add(new double[objectives]);
        }

        point.CopyTo(_points[Count++]);
    }

    /// <summary>The least and the largest value of an objective.</summary>
    public (double Best, double Worst) Extent(int objective)
    {
        (double best, double worst) = (double.PositiveInfinity, double.NegativeInfinity);
        for (int i = 0; i < Count; i++)
        {
            (best, worst) = (Math.Min(best, _points[i][objective]), Math.Max(worst, _points[i][objective]));
        }

        return (best, worst);
    }

    /// <summary>Drops what is not below the reference in every objective, then of too many points all but some that lie far apart, every objective's best first.</summary>
    public void Thin(ReadOnlySpan<double> reference)
    {
        int below = 0;
        for (int i = 0; i < Count; i++)
        {
            if (IsBelow(_points[i], reference))
            {
                Swap(i, below++);
            }
        }

        Count = below;
        if (Count <= Largest)
        {
            return;
        }

        _distances.Clear();
        for (int i = 0; i < Count; i++)
        {
            _distances.Add(double.PositiveInfinity);
        }

        for (int kept = 0; kept < Largest; kept++)
        {
            int next = kept;
            for (int i = kept + 1; i < Count; i++)
            {
                bool isBetter = kept < objectives ? _points[i][kept] < _points[next][kept] : _distances[i] > _distances[next];
                next = isBetter ? i : next;
            }

            Swap(kept, next);
            for (int i = kept + 1; i < Count; i++)
            {
                _distances[i] = Math.Min(_distances[i], Distance(_points[i], _points[kept]));
            }
        }

        Count = Largest;
    }

    private void Swap(int a, int b)
    {
        (_points[a], _points[b]) = (_points[b], _points[a]);
        if (_distances.Count > Math.Max(a, b))
        {
            (_distances[a], _distances[b]) = (_distances[b], _distances[a]);
        }
    }

    private static bool IsBelow(double[] point, ReadOnlySpan<double> reference)
    {
        for (int objective = 0; objective < point.Length; objective++)
        {
            if (!(point[objective] < reference[objective]))
            {
                return false;
            }
        }

        return true;
    }

    private static double Distance(double[] a, double[] b)
    {
        double sum = 0;
        for (int objective = 0; objective < a.Length; objective++)
        {
            sum += (a[objective] - b[objective]) * (a[objective] - b[objective]);
        }

        return sum;
    }
}
