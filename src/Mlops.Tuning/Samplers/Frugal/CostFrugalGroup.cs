using System.Globalization;

namespace Mlops.Tuning;

/// <summary>One walk: where it stands, how far a step goes, and which directions are still to be tried backwards.</summary>
internal sealed class CostFrugalGroup : GroupModel
{
    private const double FirstStep = 0.1;
    private const double LeastStep = 0.01;

    // A trial of another step's length was not proposed from here.
    private const double Reach = 1.01;

    private readonly string[] _names;
    private readonly UnitAxis[] _axes;
    private readonly CostFrugalSampler _settings;
    private readonly StudySpace _space;
    private readonly string _purpose;
    private readonly int _patience;
    private readonly List<double[]> _backwards = [];
    private double[] _start = [];
    private double[]? _place;
    private TrialOrder.Key _best;
    private double _step;
    private int _followed;
    private int _restarts;
    private int _failures;
    private int _trials;
    private int _lastSuccess;
    private bool _isStartDue;

    public CostFrugalGroup(string[] names, ParameterDomain[] domains, CostFrugalSampler settings, StudySpace space)
        : base(domains)
    {
        _names = names;
        _axes = Array.ConvertAll(domains, static domain => new UnitAxis(domain));
        _settings = settings;
        _space = space;
        _purpose = $"cfo\0{string.Join('\0', names)}";
        _patience = Math.Min(1 << Math.Min(names.Length - 1, 20), 2 * names.Length);
        Begin();
    }

    public override bool Follow(TrialView view)
    {
        if (view.Count < _followed)
        {
            (_followed, _restarts) = (0, 0);
            Begin();
        }

        for (; _followed < view.Count; _followed++)
        {
            double[] point = new double[_names.Length];
            if (view.TryRead(_followed, _names, point))
            {
                bool hasOutcome = TpeSplit.IsUsable(view.States[_followed]);
                TrialOrder.Key? key = hasOutcome ? TrialOrder.Of(view, _followed, _space.Directions[0] == Direction.Maximize) : null;
                Learn([.. point.Select((coordinate, d) => _axes[d].ToUnit(coordinate))], key, isFirst: view.Earlier(_followed) < 0);
            }
        }

        return true;
    }

    public override double[] Choose(SamplingContext context)
    {
        if (_isStartDue && IsFree(context, Coordinates(_start)))
        {
            return Coordinates(_start);
        }

        foreach (double[] backwards in _backwards)
        {
            double[] coordinates = Coordinates(backwards);
            if (IsFree(context, coordinates))
            {
                return coordinates;
            }
        }

        return Coordinates(Step(_place ?? _start, RandomDirection(context.Random(_purpose))));
    }

    /// <summary>Whether no running trial has been given these.</summary>
    private bool IsFree(SamplingContext context, double[] coordinates)
    {
        foreach (RunningTrial trial in context.Running)
        {
            int same = 0;
            while (same < _names.Length && trial.Proposal.TryGetValue(_names[same], out double coordinate) && coordinate == coordinates[same])
            {
                same++;
            }

            if (same == _names.Length)
            {
                return false;
            }
        }

        return true;
    }

    private void Begin()
    {
        var random = new RandomStream(_space.Seed, 0, string.Create(CultureInfo.InvariantCulture, $"{_purpose}\0restart {_restarts}"));
        _start = [.. _names.Select((name, d) => _restarts > 0 ? random.NextDouble()
            : _settings.Start.TryGetValue(name, out double start) ? _axes[d].ToUnit(Domains[d].Nearest(start)) : 0.5)];
        _place = null;
        _isStartDue = true;
        _step = FirstStep * Math.Sqrt(_names.Length);
        (_failures, _trials, _lastSuccess) = (0, 0, 1);
        _backwards.Clear();
    }

    /// <param name="point">Where a trial was.</param>
    /// <param name="key">What it found; null for a failed one, which is worse than any.</param>
    /// <param name="isFirst">False for a trial that has counted before, when it paused.</param>
    private void Learn(double[] point, TrialOrder.Key? key, bool isFirst)
    {
        bool isStart = IsSame(point, _start);
        bool isWanted = _isStartDue && isStart;
        _isStartDue &= !isStart;
        _trials += isFirst ? 1 : 0;
        if (key is { } found && (_place is null || found.CompareTo(_best) < 0))
        {
            // The first walk may begin at a trial that was there before; a later one is to begin elsewhere.
            if (_place is null && _restarts > 0 && !isStart)
            {
                return;
            }

            (_place, _best, _failures, _lastSuccess) = (point, found, 0, _trials);
            _backwards.Clear();
            return;
        }

        if (_place is null)
        {
            // From a start that failed no step is better or worse than another.
            if (isWanted)
            {
                Restart();
            }

            return;
        }

        // On a grid a step back may lead to the start, or reach farther than a step.
        bool isBackwards = _backwards.RemoveAll(candidate => IsSame(candidate, point)) > 0;
        if (!isFirst || (!isBackwards && (isStart || Distance(point, _place) > Reach * _step)))
        {
            return;
        }

        _failures++;
        if (!isBackwards)
        {
            _backwards.Add([.. point.Select((x, d) => Math.Clamp((2 * _place[d]) - x, 0, 1))]);
        }

        if (_failures >= _patience)
        {
            _step *= Math.Sqrt((double)_lastSuccess / _trials);
            _failures = 0;
            _backwards.Clear();
            if (_step < LeastStep)
            {
                Restart();
            }
        }
    }

    private void Restart()
    {
        _restarts++;
        Begin();
    }

    /// <summary>Uniform on the unit sphere.</summary>
    private double[] RandomDirection(RandomStream random)
    {
        double[] direction = [.. _names.Select(_ => NormalLaw.Quantile(random.NextDouble() + (0.5 / (1UL << 53))))];
        double length = Math.Sqrt(direction.Sum(static x => x * x));
        return Array.ConvertAll(direction, x => x / length);
    }

    private double[] Step(double[] from, double[] direction) => [.. from.Select((x, d) => Math.Clamp(x + (_step * direction[d]), 0, 1))];

    private double[] Coordinates(double[] point)
    {
        double[] coordinates = new double[point.Length];
        for (int d = 0; d < point.Length; d++)
        {
            coordinates[d] = _axes[d].ToCoordinate(point[d]);
        }

        return coordinates;
    }

    /// <summary>Whether two places are the same values.</summary>
    private bool IsSame(double[] a, double[] b)
    {
        for (int d = 0; d < a.Length; d++)
        {
            if (_axes[d].ToCoordinate(a[d]) != _axes[d].ToCoordinate(b[d]))
            {
                return false;
            }
        }

        return true;
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, static (x, y) => (x - y) * (x - y)).Sum());
}
