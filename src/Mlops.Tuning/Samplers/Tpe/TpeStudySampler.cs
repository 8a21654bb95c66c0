namespace Mlops.Tuning;

/// <summary>TPE for one study. All choices are made under one lock: they share the estimators, and each takes a fraction of a millisecond.</summary>
internal sealed class TpeStudySampler(TpeSampler sampler, StudySpace space) : StudySampler
{
    private readonly Lock _gate = new();
    private readonly bool _isMultivariate = sampler.Multivariate ?? (space.Directions.Count == 1 || sampler.Grouped);
    private readonly SpaceGroups _groups = new(sampler.Grouped);
    private readonly Dictionary<string, TpeModel> _models = new(StringComparer.Ordinal);
    private readonly List<int> _usable = [0];
    private readonly TpeSplit _good = new(space.Directions);
    private readonly ParzenRoom _room = new();
    private (int Count, List<int> Good) _split = (-1, []);

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(proposal);
        lock (_gate)
        {
            if (!_isMultivariate || IsStartup(context.Finished))
            {
                return;
            }

            RandomStream random = context.Random("");
            foreach (string[] group in _groups.For(context.Finished, space.Parameters.Keys))
            {
                string[] names = Array.FindAll(group, name => space.Parameters.TryGetValue(name, out ParameterDomain? domain) && !domain.IsSingle);
                if (names.Length == 0)
                {
                    continue;
                }

                double[] chosen = Choose(context, names, Array.ConvertAll(names, name => space.Parameters[name]), random);
                for (int i = 0; i < names.Length; i++)
                {
                    proposal[names[i]] = chosen[i];
                }
            }
        }
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(domain);
        lock (_gate)
        {
            RandomStream random = context.Random(parameter);
            return domain.IsSingle || IsStartup(context.Finished)
                ? RandomSampler.Draw(random, domain)
                : Choose(context, [parameter], [domain], random)[0];
        }
    }

    private double[] Choose(SamplingContext context, string[] names, ParameterDomain[] domains, RandomStream random)
    {
        TpeModel model = ModelOf(names, domains);
        model.Follow(context.Finished, GoodOf(context.Finished), sampler.ConstantLiar ? context.Running : []);
        return model.Choose(random);
    }

    /// <summary>Names cannot hold the separator: the store refuses it.</summary>
    private TpeModel ModelOf(string[] names, ParameterDomain[] domains)
    {
        string key = string.Join('\0', names);
        if (!_models.TryGetValue(key, out TpeModel? model) || !model.Domains.AsSpan().SequenceEqual(domains))
        {
            model = new TpeModel(names, domains, uniform: space.Directions.Count > 1, sampler.Candidates, _room);
            _models[key] = model;
        }

        return model;
    }

    private bool IsStartup(TrialView view) => UsableOf(view) < sampler.StartupTrials;

    private int UsableOf(TrialView view)
    {
        for (int i = _usable.Count - 1; i < view.Count; i++)
        {
            // What a trial comes to takes the place of its pause.
            int more = TpeSplit.IsUsable(view.States[i]) ? 1 : 0;
            _usable.Add(_usable[i] + (view.Earlier(i) < 0 ? more : more - 1));
        }

        return _usable[view.Count];
    }

    private List<int> GoodOf(TrialView view)
    {
        if (_split.Count != view.Count)
        {
            _split = (view.Count, _good.Good(view, UsableOf(view)));
        }

        return _split.Good;
    }
}
