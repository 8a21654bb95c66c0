namespace Mlops.Tuning;

/// <summary>
/// Finds the point of a mixed space where an acquisition is largest: many random points and neighbours of good ones, then from the best of
/// them, in turns, uphill along the continuous dimensions and through all values of each discrete one. What it needs of memory is made once.
/// </summary>
internal sealed class AcquisitionSearch
{
    private const int RandomPoints = 200;
    private const int Neighbours = 12;
    private const int Climbs = 4;
    private const int Rounds = 3;
    private const int ClimbEvaluations = 30;
    private const int LargestEnumeration = 16;

    private readonly ParameterDomain[] _domains;
    private readonly UnitAxis?[] _axes;
    private readonly bool[] _isEnumerated;
    private readonly int[] _moving;
    private readonly List<double[]> _points = [];
    private readonly List<(double Value, double[] Point)> _candidates = [];
    private readonly double[] _best;
    private readonly double[] _climber;
    private readonly double[] _full;
    private readonly double[] _gradient;
    private readonly double[] _part;
    private readonly double[] _zeros;
    private readonly double[] _ones;
    private readonly BoxMinimizer _minimizer;
    private readonly BoxMinimizer.Objective _downhill;
    private readonly Acquisition _acquisition;
    private double _climbed;

    /// <param name="domains">The space.</param>
    /// <param name="acquisition">What to maximise.</param>
    public AcquisitionSearch(ParameterDomain[] domains, Acquisition acquisition)
    {
        _domains = domains;
        _acquisition = acquisition;
        _axes = Array.ConvertAll(domains, static domain => domain.IsChoice ? null : new UnitAxis(domain));
        _isEnumerated = Array.ConvertAll(domains, static domain => domain.IsChoice || domain.Count <= LargestEnumeration);
        _moving = [.. Enumerable.Range(0, domains.Length).Where(d => !_isEnumerated[d])];
        _best = new double[domains.Length];
        _climber = new double[domains.Length];
        _full = new double[domains.Length];
        _gradient = new double[domains.Length];
        _part = new double[_moving.Length];
        _zeros = new double[_moving.Length];
        _ones = [.. Enumerable.Repeat(1.0, _moving.Length)];
        _minimizer = new BoxMinimizer(_moving.Length);
        _downhill = Downhill;
    }

    /// <summary>The acquisition at a point; fills its gradient along the continuous dimensions unless it is null. It must not keep the arrays.</summary>
    public delegate double Acquisition(double[] point, double[]? gradient);

    /// <summary>The best point found, on the grid; valid until the next search.</summary>
    /// <param name="random">Where the random points come from.</param>
    /// <param name="good">Points whose neighbourhood is worth a look, the best first.</param>
    public double[] Maximize(RandomStream random, IReadOnlyList<double[]> good)
    {
        _candidates.Clear();
        for (int i = 0; i < RandomPoints; i++)
        {
            double[] point = Next();
            for (int d = 0; d < point.Length; d++)
            {
                point[d] = Uniform(random, d);
            }

            Consider(point);
        }

        for (int g = 0; g < good.Count; g++)
        {
            double[] center = good[g];
            Consider(center);
            for (int i = 0; i < Neighbours; i++)
            {
                double[] point = Next();
                double reach = Math.Pow(10, -3 * random.NextDouble());
                for (int d = 0; d < point.Length; d++)
                {
                    point[d] = random.NextDouble() < 0.5 ? center[d] : Near(random, center[d], d, reach);
                }

                Consider(point);
            }
        }

        _candidates.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        double best = _candidates[0].Value;
        _candidates[0].Point.CopyTo(_best, 0);
        for (int i = 0; i < Math.Min(Climbs, _candidates.Count); i++)
        {
            Climb(_candidates[i]);
            if (_climbed > best)
            {
                best = _climbed;
                _climber.CopyTo(_best, 0);
            }
        }

        return _best;
    }

    /// <summary>Room for the next candidate.</summary>
    private double[] Next()
    {
        while (_points.Count <= _candidates.Count)
        {
            _points.Add(new double[_domains.Length]);
        }

        return _points[_candidates.Count];
    }

    private void Consider(double[] point) => _candidates.Add((_acquisition(point, null), point));

    private void Climb((double Value, double[] Point) start)
    {
        _climbed = start.Value;
        start.Point.CopyTo(_climber, 0);
        for (int round = 0; round < Rounds; round++)
        {
            double before = _climbed;
            Follow();
            Enumerate();
            if (_climbed <= before + 1e-9)
            {
                break;
            }
        }
    }

    /// <summary>Uphill along the continuous dimensions; a fine grid is followed as if continuous, and the nearest value and its neighbours tried.</summary>
    private void Follow()
    {
        if (_moving.Length == 0)
        {
            return;
        }

        _climber.CopyTo(_full, 0);
        for (int i = 0; i < _moving.Length; i++)
        {
            _part[i] = _full[_moving[i]];
        }

        _minimizer.Minimize(_downhill, _part, _zeros, _ones, ClimbEvaluations, 1e-3);
        for (int i = 0; i < _moving.Length; i++)
        {
            _full[_moving[i]] = Snap(_part[i], _moving[i]);
        }

        double reached = _acquisition(_full, null);
        if (reached > _climbed)
        {
            _climbed = reached;
            _full.CopyTo(_climber, 0);
        }

        foreach (int d in _moving)
        {
            if (_domains[d].Step is { } step)
            {
                double coordinate = _axes[d]!.ToCoordinate(_climber[d]);
                Try(d, _axes[d]!.ToUnit(_domains[d].Nearest(coordinate - step)));
                Try(d, _axes[d]!.ToUnit(_domains[d].Nearest(coordinate + step)));
            }
        }
    }

    private double Downhill(double[] at, double[] slope)
    {
        for (int i = 0; i < _moving.Length; i++)
        {
            _full[_moving[i]] = at[i];
        }

        double value = _acquisition(_full, _gradient);
        for (int i = 0; i < _moving.Length; i++)
        {
            slope[i] = -_gradient[_moving[i]];
        }

        return -value;
    }

    private void Enumerate()
    {
        for (int d = 0; d < _domains.Length; d++)
        {
            for (int i = 0; _isEnumerated[d] && i < _domains[d].Count; i++)
            {
                Try(d, _domains[d].IsChoice ? i : _axes[d]!.ToUnit(_domains[d].Point(i)));
            }
        }
    }

    /// <summary>Moves the climber along one dimension if that is better.</summary>
    private void Try(int dimension, double value)
    {
        double before = _climber[dimension];
        if (before == value)
        {
            return;
        }

        _climber[dimension] = value;
        double at = _acquisition(_climber, null);
        if (at > _climbed)
        {
            _climbed = at;
        }
        else
        {
            _climber[dimension] = before;
        }
    }

    private double Uniform(RandomStream random, int dimension) => _domains[dimension].IsChoice
        ? random.NextBelow(_domains[dimension].Choices.Count)
        : Snap(random.NextDouble(), dimension);

    private double Near(RandomStream random, double x, int dimension, double reach)
    {
        if (_domains[dimension].IsChoice)
        {
            return Uniform(random, dimension);
        }

        double moved = x + (reach * NormalLaw.Quantile(random.NextDouble() + (0.5 / (1UL << 53))));
        return Snap(Math.Clamp(moved, 0, 1), dimension);
    }

    private double Snap(double unit, int dimension) => _domains[dimension].Step is null ? unit : _axes[dimension]!.ToUnit(_axes[dimension]!.ToCoordinate(unit));
}
