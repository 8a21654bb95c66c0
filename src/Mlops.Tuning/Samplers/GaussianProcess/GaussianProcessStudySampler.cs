namespace Mlops.Tuning;

/// <summary>Gaussian processes for one study, one per group of parameters that appear together; what is not known yet is chosen by TPE.</summary>
internal sealed class GaussianProcessStudySampler(GaussianProcessSampler sampler, StudySpace space) : StudySampler
{
    private readonly Lock _gate = new();
    private readonly SpaceGroups _groups = new(grouped: true);
    private readonly Dictionary<string, GaussianProcessGroup> _models = new(StringComparer.Ordinal);
    private readonly StudySampler _others = new TpeSampler { Multivariate = false, StartupTrials = sampler.StartupTrials }.ForStudy(space);

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(proposal);
        lock (_gate)
        {
            foreach (string[] group in _groups.For(context.Finished, space.Parameters.Keys))
            {
                string[] names = Array.FindAll(group, name => space.Parameters.TryGetValue(name, out ParameterDomain? domain) && !domain.IsSingle);
                if (names.Length == 0)
                {
                    continue;
                }

                GaussianProcessGroup model = ModelOf(names);
                if (!model.Follow(context.Finished))
                {
                    continue;
                }

                double[] chosen = model.Choose(context, context.Running);
                for (int i = 0; i < names.Length; i++)
                {
                    proposal[names[i]] = chosen[i];
                }
            }
        }
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => _others.Sample(context, parameter, domain);

    private GaussianProcessGroup ModelOf(string[] names)
    {
        string key = string.Join('\0', names);
        ParameterDomain[] domains = Array.ConvertAll(names, name => space.Parameters[name]);
        if (!_models.TryGetValue(key, out GaussianProcessGroup? model) || !model.Domains.AsSpan().SequenceEqual(domains))
        {
            model = new GaussianProcessGroup(names, domains, sampler, space);
            _models[key] = model;
        }

        return model;
    }
}
