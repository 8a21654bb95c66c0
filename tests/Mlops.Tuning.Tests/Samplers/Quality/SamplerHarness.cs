namespace Mlops.Tuning.Tests;

/// <summary>Runs a sampler on an objective without a store: one worker, the history in memory.</summary>
internal sealed class SamplerHarness
{
    private readonly StudySpace _space;
    private readonly StudySampler _sampler;
    private readonly TrialHistory _history;
    private readonly Dictionary<string, double> _proposal = new(StringComparer.Ordinal);
    private readonly List<KeyValuePair<string, ParameterValue>> _values = [];
    private SamplingContext _context = null!;

    public SamplerHarness(ISampler sampler, long seed, int objectives = 1)
    {
        _history = new TrialHistory(objectives);
        _space = new StudySpace("harness", [.. Enumerable.Repeat(Direction.Minimize, objectives)], seed);
        _sampler = sampler.ForStudy(_space);
    }

    public TrialHistory History => _history;

    public StudySpace Space => _space;

    public StudySampler Sampler => _sampler;

    public double Best { get; private set; } = double.PositiveInfinity;

    public void Begin()
    {
        _context = new SamplingContext(_space, _history.Count, new TrialView(_history, _history.Count));
        _proposal.Clear();
        _values.Clear();
        _sampler.Propose(_context, _proposal);
    }

    public double Suggest(string name, ParameterDomain domain)
    {
        if (!_space.Covers(name, domain))
        {
            _space.Learn(name, domain);
        }

        _context.Position = _values.Count;
        double coordinate = _proposal.TryGetValue(name, out double proposed) && domain.Contains(proposed) ? proposed : _sampler.Sample(_context, name, domain);
        _values.Add(new(name, domain.ToValue(coordinate)));
        return coordinate;
    }

    public void End(params double[] values)
    {
        Best = Math.Min(Best, values[0]);
        _history.Add(new HistoryRow(_history.Count, TrialState.Completed, values, null, [.. _values]), _space);
    }

    public void Prune(TrialReport last) => _history.Add(new HistoryRow(_history.Count, TrialState.Pruned, [], last, [.. _values]), _space);

    public void Fail() => _history.Add(new HistoryRow(_history.Count, TrialState.Failed, [], null, [.. _values]), _space);

    public double Run(Func<SamplerHarness, double> objective, int trials)
    {
        while (_history.Count < trials)
        {
            Begin();
            End(objective(this));
        }

        return Best;
    }

    /// <summary>Runs a problem of several objectives.</summary>
    /// <returns>What every trial found.</returns>
    public List<double[]> RunAll(Func<SamplerHarness, double[]> objectives, int trials)
    {
        List<double[]> found = [];
        while (_history.Count < trials)
        {
            Begin();
            found.Add(objectives(this));
            End(found[^1]);
        }

        return found;
    }
}
