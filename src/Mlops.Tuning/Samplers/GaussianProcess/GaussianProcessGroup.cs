namespace Mlops.Tuning;

/// <summary>
/// The model of one group of parameters, which appear together. Lengths and noise are fitted when the trials have grown by a share, from where
/// the last fit ended; so they are a function of the finished trials in their order, and nothing of them needs to be stored. Its memory is made as trials come
/// and kept, so that an ask makes next to none.
/// </summary>
internal sealed partial class GaussianProcessGroup : GroupModel
{
    private const int Good = 5;
    private const double Growth = 1.0 / 12;

    private readonly string[] _names;
    private readonly string _purpose;
    private readonly UnitAxis?[] _axes;
    private readonly bool[] _isChoice;
    private readonly GaussianProcessSampler _settings;
    private readonly StudySpace _space;
    private readonly KeptTrials _trials;
    private readonly InverseFactor _inverse = new();
    private readonly KernelFit _fit;
    private readonly FeasibilityModel _feasibility;
    private readonly Surrogate[] _objectives;
    private readonly Improvement _improvement;
    private readonly AcquisitionSearch _search;
    private readonly PowerTransform _transform = new();
    private readonly List<int> _order = [];
    private readonly List<double[]> _good = [];
    private readonly double[] _means;
    private readonly double[] _variances;
    private readonly double[] _byMeans;
    private readonly double[] _byVariances;
    private double[][] _points = [];
    private readonly double[] _coordinates;
    private int _followed;
    private int _seen;
    private int _nextFit;

    public GaussianProcessGroup(string[] names, ParameterDomain[] domains, GaussianProcessSampler settings, StudySpace space)
        : base(domains)
    {
        _names = names;
        _purpose = $"gp\0{string.Join('\0', names)}";
        _axes = Array.ConvertAll(domains, static domain => domain.IsChoice ? null : new UnitAxis(domain));
        _isChoice = Array.ConvertAll(domains, static domain => domain.IsChoice);
        _settings = settings;
        _space = space;
        _trials = new KeptTrials(settings.MaximumTrials);
        _fit = new KernelFit(names.Length);
        _feasibility = new FeasibilityModel(_isChoice, _inverse, settings.MaximumTrials / 4);
        _objectives = [.. space.Directions.Select(_ => new Surrogate(_isChoice, _inverse))];
        _improvement = space.Directions.Count == 1 ? new ValueImprovement() : new HypervolumeImprovement(space.Directions.Count);
        _search = new AcquisitionSearch(domains, Acquisition);
        _means = new double[_objectives.Length];
        _variances = new double[_objectives.Length];
        _byMeans = new double[_objectives.Length];
        _byVariances = new double[_objectives.Length];
        _coordinates = new double[names.Length];
        _nextFit = settings.StartupTrials;
    }

    /// <summary>Brings the model to what a trial may see.</summary>
    /// <returns>Whether there are enough trials to choose by it.</returns>
    public override bool Follow(TrialView view)
    {
        if (view.Count < _followed)
        {
            _trials.Clear();
            Array.ForEach(_objectives, static objective => objective.Forget());
            _feasibility.Clear();
            (_followed, _seen, _nextFit) = (0, 0, _settings.StartupTrials);
        }

        for (; _followed < view.Count; _followed++)
        {
            TrialState state = view.States[_followed];
            if (state == TrialState.Pruned || !Read(view, _followed))
            {
                continue;
            }

            _seen++;
            if (state == TrialState.Failed)
            {
                _feasibility.AddFailed([.. _coordinates]);
            }
            else
            {
                _trials.Add(new GaussianProcessRow([.. _coordinates], Values(view), view.Violations[_followed], view.LargestConstraints[_followed]));
            }

            if (_seen >= _nextFit && _trials.Seen >= _settings.StartupTrials)
            {
                Fit();
            }
        }

        return _trials.Seen >= _settings.StartupTrials;
    }

    /// <summary>One coordinate per parameter.</summary>
    public override double[] Choose(SamplingContext context)
    {
        RandomStream random = context.Random(_purpose);
        int count = Load();
        ConditionAll(count);
        _feasibility.Condition();
        _improvement.Begin(_trials.Rows, _objectives, random);
        ChooseGood();
        int beside = AddRunning(context, count);
        if (beside > 0)
        {
            ConditionAll(count + beside);
        }

        double[] chosen = _search.Maximize(random, _good);
        double[] coordinates = new double[chosen.Length];
        for (int d = 0; d < chosen.Length; d++)
        {
            coordinates[d] = _axes[d] is { } axis ? axis.ToCoordinate(chosen[d]) : chosen[d];
        }

        return coordinates;
    }

    /// <summary>What is to be gained at a point, times the chance that it completes and satisfies the constraints, as a logarithm.</summary>
    private double Acquisition(double[] point, double[]? gradient)
    {
        for (int i = 0; i < _objectives.Length; i++)
        {
            (_means[i], _variances[i]) = _objectives[i].Predict(point, gradient is not null);
        }

        double value = _improvement.Log(_means, _variances, _byMeans, _byVariances);
        for (int d = 0; gradient is not null && d < gradient.Length; d++)
        {
            gradient[d] = (_byMeans[0] * _objectives[0].MeanSlopes[d]) + (_byVariances[0] * _objectives[0].VarianceSlopes[d]);
            for (int i = 1; i < _objectives.Length; i++)
            {
                gradient[d] += (_byMeans[i] * _objectives[i].MeanSlopes[d]) + (_byVariances[i] * _objectives[i].VarianceSlopes[d]);
            }
        }

        return value + _feasibility.Log(point, gradient);
    }

    private void Fit()
    {
        int count = Load();
        bool isFirst = _nextFit == _settings.StartupTrials;
        foreach (Surrogate objective in _objectives)
        {
            objective.Fit(_fit, _points.AsMemory(0, count), isFirst);
        }

        _feasibility.Fit(_fit, isFirst);
        _nextFit = _seen + Math.Max(1, (int)(_seen * Growth));
    }

    /// <summary>Hands the trials that are kept to the models.</summary>
    /// <returns>How many there are.</returns>
    private int Load()
    {
        IReadOnlyList<GaussianProcessRow> rows = _trials.Rows;
        EnsureRoom(rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            _points[i] = rows[i].Point;
        }

        for (int objective = 0; objective < _objectives.Length; objective++)
        {
            Span<double> targets = _objectives[objective].Targets(rows.Count);
            for (int i = 0; i < targets.Length; i++)
            {
                targets[i] = rows[i].Values[objective];
            }

            _transform.Apply(targets);
        }

        _feasibility.Load(rows);
        return rows.Count;
    }

    private void ConditionAll(int count)
    {
        foreach (Surrogate objective in _objectives)
        {
            objective.Condition(_points.AsSpan(0, count));
        }
    }

    /// <summary>A trial that runs is taken to find what the models expect of it, so that nothing is to be gained beside it.</summary>
    /// <returns>How many were added.</returns>
    private int AddRunning(SamplingContext context, int count)
    {
        int beside = 0;
        foreach (RunningTrial trial in context.Running)
        {
            if (!Read(trial))
            {
                continue;
            }

            EnsureRoom(count + beside + 1);
            double[] point = [.. _coordinates];
            _points[count + beside] = point;
            for (int i = 0; i < _objectives.Length; i++)
            {
                _means[i] = _objectives[i].Predict(point).Mean;
                _objectives[i].Targets(count + beside + 1)[^1] = _means[i];
            }

            _improvement.Add(_means);
            beside++;
        }

        return beside;
    }

    /// <summary>The trials that miss their constraints least, the best of them first.</summary>
    private void ChooseGood()
    {
        IReadOnlyList<GaussianProcessRow> rows = _trials.Rows;
        _order.Clear();
        for (int i = 0; i < rows.Count; i++)
        {
            int place = _order.Count;
            while (place > 0 && IsBefore(i, _order[place - 1]))
            {
                place--;
            }

            if (place < Good)
            {
                _order.Insert(place, i);
                if (_order.Count > Good)
                {
                    _order.RemoveAt(Good);
                }
            }
        }

        _good.Clear();
        foreach (int i in _order)
        {
            _good.Add(rows[i].Point);
        }

        bool IsBefore(int a, int b) => (rows[a].Violation, _improvement.Standing(a)).CompareTo((rows[b].Violation, _improvement.Standing(b))) < 0;
    }

    private void EnsureRoom(int count)
    {
        if (_points.Length < count)
        {
            Array.Resize(ref _points, count * 2);
        }
    }
}
