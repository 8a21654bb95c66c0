using System.Globalization;

namespace Mlops.Tuning;

/// <summary>
/// The evolution of the numeric parameters of one group, which appear together. It is a function of the finished trials in their order: it
/// follows a view by generations, and begins anew when the view is an earlier one. So nothing of it needs to be stored.
/// </summary>
internal sealed class CmaEsGroup : GroupModel
{
    private const int ResamplingPerDimension = 10;
    private const double FlatHistory = 1e-12;

    private readonly string[] _names;
    private readonly UnitAxis[] _axes;
    private readonly CmaEsSampler _settings;
    private readonly StudySpace _space;
    private readonly string _purpose;
    private readonly double[] _normals;
    private readonly List<(TrialOrder.Key Key, double[] Point)> _population = [];
    private readonly List<double> _bests = [];
    private CmaEsStrategy _strategy;
    private int _followed;
    private int _startup;
    private int _restarts;

    public CmaEsGroup(string[] names, ParameterDomain[] domains, CmaEsSampler settings, StudySpace space)
        : base(domains)
    {
        _names = names;
        _axes = Array.ConvertAll(domains, static domain => new UnitAxis(domain));
        _settings = settings;
        _space = space;
        _purpose = $"cma-es\0{string.Join('\0', names)}";
        _normals = new double[names.Length];
        _strategy = Begin();
    }

    private bool Maximizes => _space.Directions[0] == Direction.Maximize;

    /// <summary>Brings the evolution to what a trial may see.</summary>
    /// <returns>Whether enough trials have been sampled by chance.</returns>
    public override bool Follow(TrialView view)
    {
        if (view.Count < _followed)
        {
            (_followed, _startup, _restarts) = (0, 0, 0);
            _population.Clear();
            _bests.Clear();
            _strategy = Begin();
        }

        for (; _followed < view.Count; _followed++)
        {
            // What a trial comes to takes the place of its pause within a generation; a generation that is over stays as it was.
            int earlier = view.Earlier(_followed);
            _population.RemoveAll(member => member.Key.Index == earlier);
            double[] coordinates = new double[_names.Length];
            if (TpeSplit.IsUsable(view.States[_followed]) && view.TryRead(_followed, _names, coordinates))
            {
                Learn(view, coordinates, isFirst: earlier < 0);
            }
        }

        return _startup >= _settings.StartupTrials;
    }

    /// <summary>One coordinate per parameter for the trial of the number.</summary>
    public override double[] Choose(SamplingContext context) => Coordinates(Draw(context.Number));

    private void Learn(TrialView view, double[] coordinates, bool isFirst)
    {
        if (_startup < _settings.StartupTrials)
        {
            _startup += isFirst ? 1 : 0;
            return;
        }

        // A trial that this very distribution proposed is known by what it would propose again: then its point before rounding to the grid counts.
        double[] own = Draw(view.Numbers[_followed]);
        double[] point = Coordinates(own).AsSpan().SequenceEqual(coordinates)
            ? own
            : _strategy.Inject([.. coordinates.Select((coordinate, d) => _axes[d].ToUnit(coordinate))]);
        _population.Add((TrialOrder.Of(view, _followed, Maximizes), point));
        if (_population.Count < _strategy.Constants.Population)
        {
            return;
        }

        _population.Sort(static (a, b) => a.Key.CompareTo(b.Key));
        _strategy.Update(_population.ConvertAll(static member => member.Point));
        KeepMargins();
        if (_population[0].Key.IsCompleted)
        {
            _bests.Add(_population[0].Key.Value);
        }

        _population.Clear();
        if (_settings.Restarts && (_strategy.HasStopped(_settings.FirstDeviation) || IsFlat()))
        {
            _restarts++;
            _bests.Clear();
            _strategy = Begin();
        }
    }

    private bool IsFlat()
    {
        int window = 10 + (int)Math.Ceiling(30.0 * _names.Length / _strategy.Constants.Population);
        return _bests.Count > window && _bests[^window..].Max() - _bests[^window..].Min() < FlatHistory;
    }

    private void KeepMargins()
    {
        if (_settings.Separable || _settings.LearningRateAdaptation)
        {
            return;
        }

        double margin = Math.Min(0.25, 1.0 / (_names.Length * _strategy.Constants.Population));
        for (int d = 0; d < _axes.Length; d++)
        {
            if (_axes[d].IsGrid)
            {
                (double below, double above) = _axes[d].Cell(_strategy.Mean[d]);
                double before = _strategy.DeviationAlong(d);
                (_strategy.Mean[d], double after) = CmaEsMargin.Correct(_strategy.Mean[d], before, below, above, margin);
                _strategy.Scale[d] *= after / before;
            }
        }
    }

    /// <summary>Samples until one lies within the bounds; after many the last is moved to them.</summary>
    private double[] Draw(int number)
    {
        var random = new RandomStream(_space.Seed, number, _purpose);
        double[] point = [];
        for (int i = 0; i <= ResamplingPerDimension * _names.Length; i++)
        {
            for (int d = 0; d < _normals.Length; d++)
            {
                _normals[d] = NormalLaw.Quantile(random.NextDouble() + (0.5 / (1UL << 53)));
            }

            point = _strategy.Sample(_normals);
            if (Array.TrueForAll(point, static x => x is >= 0 and <= 1))
            {
                return point;
            }
        }

        return Array.ConvertAll(point, static x => Math.Clamp(x, 0, 1));
    }

    private double[] Coordinates(double[] point) => [.. point.Select((unit, d) => _axes[d].ToCoordinate(unit))];

    /// <summary>The first evolution begins in the middle, or where an earlier study was good; a later one anywhere, with twice the population.</summary>
    private CmaEsStrategy Begin()
    {
        int population = (_settings.Population ?? CmaEsConstants.DefaultPopulation(_names.Length)) << Math.Min(_restarts, 10);
        double[] mean = new double[_names.Length];
        Array.Fill(mean, 0.5);
        if (_restarts > 0)
        {
            var random = new RandomStream(_space.Seed, 0, string.Create(CultureInfo.InvariantCulture, $"{_purpose}\0restart {_restarts}"));
            mean = Array.ConvertAll(mean, _ => random.NextDouble());
        }
        else if (CmaEsWarmStart.From(_settings.WarmStart, _names, Domains, _axes, Maximizes) is var (center, deviation, covariance))
        {
            var warm = new CmaEsStrategy(center, deviation, population, _settings.Separable, _settings.LearningRateAdaptation);
            for (int i = 0; i < covariance.Length; i++)
            {
                covariance[i].CopyTo(warm.Covariance[i], 0);
            }

            return warm;
        }

        return new CmaEsStrategy(mean, _settings.FirstDeviation, population, _settings.Separable, _settings.LearningRateAdaptation);
    }
}
