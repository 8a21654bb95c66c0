using System.Runtime.InteropServices;

namespace Mlops.Tuning;

/// <summary>
/// With several objectives: the volume that a point adds to what the front dominates, up to a reference a little beyond the front's worst values. Exact: objectives are independent
/// given the model, so the expectation over a box that no point dominates is a product.
/// </summary>
/// <remarks>
/// With psi(t) = E max(0, t - Y) the expected volume over boxes [l, u) is sum over boxes of prod over objectives (psi(u) - psi(l)) (Yang, Emmerich, Deutz, Bäck 2019); in
/// logarithms throughout, as Ament et al. (arXiv 2310.20708), so that it has a gradient where it underflows. Large fronts are thinned to points that lie far apart.
/// </remarks>
internal sealed class HypervolumeImprovement : Improvement
{
    private const double Beyond = 0.1;

    private readonly int _objectives;
    private readonly BoxDecomposition _decomposition;
    private readonly FrontPoints _front;
    private readonly List<double> _standings = [];
    private readonly double[] _reference;
    private readonly double[] _room;
    private readonly List<int> _ranks = [];
    private readonly List<double>[] _bounds;
    private readonly int[] _tops;
    private readonly double[][] _logs;
    private readonly double[][] _byMean;
    private readonly double[][] _byVariance;
    private int[] _boxes = [];
    private double[] _heights = [];
    private double[] _shares = [];
    private int _count;
    private bool _isCurrent;

    public HypervolumeImprovement(int objectives)
    {
        _objectives = objectives;
        _decomposition = new BoxDecomposition(objectives);
        _front = new FrontPoints(objectives);
        _reference = new double[objectives];
        _room = new double[objectives];
        _tops = new int[objectives];
        _bounds = [.. Enumerable.Range(0, objectives).Select(static _ => new List<double>())];
        _logs = new double[objectives][];
        _byMean = new double[objectives][];
        _byVariance = new double[objectives][];
        Array.Fill(_logs, []);
    }

    public override void Begin(IReadOnlyList<GaussianProcessRow> rows, Surrogate[] objectives, RandomStream random)
    {
        _isCurrent = false;
        _front.Clear();
        _standings.Clear();
        for (int i = 0; i < rows.Count; i++)
        {
            int beaten = 0;
            for (int other = 0; other < rows.Count; other++)
            {
                beaten += rows[other].Violation <= rows[i].Violation && ParetoRanks.Dominates(rows[other].Values, rows[i].Values) ? 1 : 0;
            }

            // Which of the front comes first is left to chance, so that the search begins at other parts of it each time.
            _standings.Add(beaten == 0 ? random.NextDouble() : beaten);
            if (beaten == 0 && rows[i].Violation == 0)
            {
                for (int objective = 0; objective < _objectives; objective++)
                {
                    _room[objective] = objectives[objective].Targets(rows.Count)[i];
                }

                _front.Add(_room);
            }
        }

        for (int objective = 0; objective < _objectives; objective++)
        {
            (double best, double worst) = _front.Count > 0 ? _front.Extent(objective) : Extent(objectives[objective].Targets(rows.Count));
            _reference[objective] = worst + (Beyond * Math.Max(1, worst - best));
        }
    }

    public override double Standing(int row) => _standings[row];

    public override void Add(ReadOnlySpan<double> expected)
    {
        _front.Add(expected);
        _isCurrent = false;
    }

    public override double Log(ReadOnlySpan<double> means, ReadOnlySpan<double> variances, Span<double> byMeans, Span<double> byVariances)
    {
        if (!_isCurrent)
        {
            Decompose();
        }

        for (int objective = 0; objective < _objectives; objective++)
        {
            Span<double> bounds = CollectionsMarshal.AsSpan(_bounds[objective]);
            for (int rank = 0; rank < bounds.Length; rank++)
            {
                _logs[objective][rank] = ExpectedImprovement.Log(
                    bounds[rank], means[objective], variances[objective], out _byMean[objective][rank], out _byVariance[objective][rank]);
            }
        }

        double highest = Measure();
        byMeans.Clear();
        byVariances.Clear();
        double sum = 0;
        for (int box = 0; box < _count; box++)
        {
            double share = Math.Exp(_heights[box] - highest) * _shares[box];
            if (share > 0)
            {
                sum += share;
                AddSlopes(box, share, byMeans, byVariances);
            }
        }

        if (!(sum > 0))
        {
            return double.NegativeInfinity;
        }

        for (int objective = 0; objective < _objectives; objective++)
        {
            byMeans[objective] /= sum;
            byVariances[objective] /= sum;
        }

        return highest + Math.Log(sum);
    }

    /// <summary>Every box's volume as a logarithm up to its ends and the share of it that lies beyond its beginnings.</summary>
    /// <returns>The largest logarithm.</returns>
    private double Measure()
    {
        double highest = double.NegativeInfinity;
        for (int box = 0; box < _count; box++)
        {
            double height = 0;
            double share = 1;
            for (int objective = 0; objective < _objectives; objective++)
            {
                (int low, int high) = Ends(box, objective);
                height += _logs[objective][high];
                share *= low < 0 ? 1 : 1 - Math.Exp(_logs[objective][low] - _logs[objective][high]);
            }

            (_heights[box], _shares[box]) = (height, share);
            highest = share > 0 ? Math.Max(highest, height) : highest;
        }

        return highest;
    }

    private void AddSlopes(int box, double share, Span<double> byMeans, Span<double> byVariances)
    {
        for (int objective = 0; objective < _objectives; objective++)
        {
            (int low, int high) = Ends(box, objective);
            (double[] byMean, double[] byVariance) = (_byMean[objective], _byVariance[objective]);
            if (low < 0)
            {
                byMeans[objective] += share * byMean[high];
                byVariances[objective] += share * byVariance[high];
                continue;
            }

            double ratio = Math.Exp(_logs[objective][low] - _logs[objective][high]);
            byMeans[objective] += share * (byMean[high] - (ratio * byMean[low])) / (1 - ratio);
            byVariances[objective] += share * (byVariance[high] - (ratio * byVariance[low])) / (1 - ratio);
        }
    }

    private (int Low, int High) Ends(int box, int objective)
    {
        int at = 2 * ((box * _objectives) + objective);
        return (_boxes[at], _boxes[at + 1]);
    }

    private void Decompose()
    {
        _front.Thin(_reference);
        for (int objective = 0; objective < _objectives; objective++)
        {
            List<double> bounds = _bounds[objective];
            bounds.Clear();
            for (int i = 0; i < _front.Count; i++)
            {
                int place = bounds.BinarySearch(_front[i][objective]);
                if (place < 0)
                {
                    bounds.Insert(~place, _front[i][objective]);
                }
            }

            _tops[objective] = bounds.Count;
            bounds.Add(_reference[objective]);
            if (_logs[objective].Length < bounds.Count)
            {
                (_logs[objective], _byMean[objective], _byVariance[objective]) = (new double[bounds.Count * 2], new double[bounds.Count * 2], new double[bounds.Count * 2]);
            }
        }

        _ranks.Clear();
        for (int i = 0; i < _front.Count; i++)
        {
            for (int objective = 0; objective < _objectives; objective++)
            {
                _ranks.Add(_bounds[objective].BinarySearch(_front[i][objective]));
            }
        }

        ReadOnlySpan<int> boxes = _decomposition.Decompose(CollectionsMarshal.AsSpan(_ranks), _tops);
        _count = boxes.Length / (2 * _objectives);
        if (_boxes.Length < boxes.Length)
        {
            (_boxes, _heights, _shares) = (new int[boxes.Length * 2], new double[_count * 2], new double[_count * 2]);
        }

        boxes.CopyTo(_boxes);
        _isCurrent = true;
    }

    private static (double Best, double Worst) Extent(ReadOnlySpan<double> values)
    {
        (double best, double worst) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
        {
            (best, worst) = (Math.Min(best, value), Math.Max(worst, value));
        }

        return (best, worst);
    }
}
