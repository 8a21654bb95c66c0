namespace Mlops.Tuning.Tests;

/// <summary>What <see cref="AcquisitionSearch"/> has to equal bit for bit, with memory made anew for every point.</summary>
internal sealed class PlainSearch(ParameterDomain[] domains, RandomStream random)
{
    private const int RandomPoints = 200;
    private const int Neighbours = 12;
    private const int Climbs = 4;
    private const int Rounds = 3;
    private const int ClimbEvaluations = 30;
    private const int LargestEnumeration = 16;

    private readonly UnitAxis?[] _axes = Array.ConvertAll(domains, static domain => domain.IsChoice ? null : new UnitAxis(domain));
    private readonly bool[] _isEnumerated = Array.ConvertAll(domains, static domain => domain.IsChoice || domain.Count <= LargestEnumeration);

    /// <summary>The acquisition at a point; fills its gradient along the continuous dimensions unless it is null.</summary>
    public delegate double Acquisition(double[] point, double[]? gradient);

    /// <summary>The best point found, on the grid.</summary>
    /// <param name="acquisition">What to maximise.</param>
    /// <param name="good">Points whose neighbourhood is worth a look, the best first.</param>
    public double[] Maximize(Acquisition acquisition, IReadOnlyList<double[]> good)
    {
        List<(double Value, double[] Point)> candidates = [];
        for (int i = 0; i < RandomPoints; i++)
        {
            Consider([.. domains.Select((_, d) => Uniform(d))]);
        }

        foreach (double[] center in good)
        {
            Consider(center);
            for (int i = 0; i < Neighbours; i++)
            {
                double reach = Math.Pow(10, -3 * random.NextDouble());
                Consider([.. center.Select((x, d) => random.NextDouble() < 0.5 ? x : Near(x, d, reach))]);
            }
        }

        candidates.Sort(static (a, b) => b.Value.CompareTo(a.Value));
        (double Value, double[] Point) best = candidates[0];
        for (int i = 0; i < Math.Min(Climbs, candidates.Count); i++)
        {
            (double Value, double[] Point) climbed = Climb(acquisition, candidates[i]);
            if (climbed.Value > best.Value)
            {
                best = climbed;
            }
        }

        return best.Point;

        void Consider(double[] point) => candidates.Add((acquisition(point, null), point));
    }

    private (double Value, double[] Point) Climb(Acquisition acquisition, (double Value, double[] Point) start)
    {
        (double Value, double[] Point) best = start;
        for (int round = 0; round < Rounds; round++)
        {
            double before = best.Value;
            best = Enumerate(acquisition, Follow(acquisition, best));
            if (best.Value <= before + 1e-9)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>Uphill along the continuous dimensions; a fine grid is followed as if continuous, and the nearest value and its neighbours tried.</summary>
    private (double Value, double[] Point) Follow(Acquisition acquisition, (double Value, double[] Point) start)
    {
        int[] moving = [.. Enumerable.Range(0, domains.Length).Where(d => !_isEnumerated[d])];
        if (moving.Length == 0)
        {
            return start;
        }

        double[] full = [.. start.Point];
        double[] gradient = new double[full.Length];
        double[] part = Array.ConvertAll(moving, d => full[d]);
        PlainMinimizer.Minimize(
            (at, slope) =>
            {
                Put(at);
                double value = acquisition(full, gradient);
                for (int i = 0; i < moving.Length; i++)
                {
                    slope[i] = -gradient[moving[i]];
                }

                return -value;
            },
            part, new double[moving.Length], [.. Enumerable.Repeat(1.0, moving.Length)], ClimbEvaluations, 1e-3);
        Put(part);
        foreach (int d in moving)
        {
            full[d] = Snap(full[d], d);
        }

        (double Value, double[] Point) reached = (acquisition(full, null), full);
        reached = reached.Value > start.Value ? reached : start;
        foreach (int d in moving.Where(d => domains[d].Step is not null))
        {
            double coordinate = _axes[d]!.ToCoordinate(reached.Point[d]);
            foreach (double beside in new[] { coordinate - domains[d].Step!.Value, coordinate + domains[d].Step!.Value })
            {
                reached = Try(acquisition, reached, d, _axes[d]!.ToUnit(domains[d].Nearest(beside)));
            }
        }

        return reached;

        void Put(double[] at)
        {
            for (int i = 0; i < moving.Length; i++)
            {
                full[moving[i]] = at[i];
            }
        }
    }

    private (double Value, double[] Point) Enumerate(Acquisition acquisition, (double Value, double[] Point) start)
    {
        (double Value, double[] Point) best = start;
        for (int d = 0; d < domains.Length; d++)
        {
            for (int i = 0; _isEnumerated[d] && i < domains[d].Count; i++)
            {
                best = Try(acquisition, best, d, domains[d].IsChoice ? i : _axes[d]!.ToUnit(domains[d].Point(i)));
            }
        }

        return best;
    }

    private static (double Value, double[] Point) Try(Acquisition acquisition, (double Value, double[] Point) best, int dimension, double value)
    {
        if (best.Point[dimension] == value)
        {
            return best;
        }

        double[] changed = [.. best.Point];
        changed[dimension] = value;
        double at = acquisition(changed, null);
        return at > best.Value ? (at, changed) : best;
    }

    private double Uniform(int dimension) => domains[dimension].IsChoice
        ? random.NextBelow(domains[dimension].Choices.Count)
        : Snap(random.NextDouble(), dimension);

    private double Near(double x, int dimension, double reach)
    {
        if (domains[dimension].IsChoice)
        {
            return Uniform(dimension);
        }

        double moved = x + (reach * NormalLaw.Quantile(random.NextDouble() + (0.5 / (1UL << 53))));
        return Snap(Math.Clamp(moved, 0, 1), dimension);
    }

    private double Snap(double unit, int dimension) => domains[dimension].Step is null ? unit : _axes[dimension]!.ToUnit(_axes[dimension]!.ToCoordinate(unit));
}
