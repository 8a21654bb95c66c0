namespace Mlops.Tuning;

/// <summary>CMA-ES for one study: an evolution per group of parameters that appear together; choices, and what is not known yet, by TPE.</summary>
internal sealed class CmaEsStudySampler(CmaEsSampler sampler, StudySpace space) : StudySampler
{
    private readonly Lock _gate = new();
    private readonly SpaceGroups _groups = new(grouped: true);
    private readonly Dictionary<string, CmaEsGroup> _evolutions = new(StringComparer.Ordinal);
    private readonly StudySampler _others = new TpeSampler { Multivariate = false }.ForStudy(space);

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(proposal);
        lock (_gate)
        {
            foreach (string[] group in _groups.For(context.Finished, space.Parameters.Keys))
            {
                string[] names = Array.FindAll(group, name => space.Parameters.TryGetValue(name, out ParameterDomain? domain) && !domain.IsSingle && !domain.IsChoice);
                if (names.Length == 0)
                {
                    continue;
                }

                CmaEsGroup evolution = EvolutionOf(names);
                if (!evolution.Follow(context.Finished))
                {
                    continue;
                }

                double[] chosen = evolution.Choose(context.Number);
                for (int i = 0; i < names.Length; i++)
                {
                    proposal[names[i]] = chosen[i];
                }
            }
        }
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => _others.Sample(context, parameter, domain);

    private CmaEsGroup EvolutionOf(string[] names)
    {
        string key = string.Join('\0', names);
        ParameterDomain[] domains = Array.ConvertAll(names, name => space.Parameters[name]);
        if (!_evolutions.TryGetValue(key, out CmaEsGroup? evolution) || !evolution.Domains.AsSpan().SequenceEqual(domains))
        {
            evolution = new CmaEsGroup(names, domains, sampler, space);
            _evolutions[key] = evolution;
        }

        return evolution;
    }
}
