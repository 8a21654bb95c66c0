namespace Mlops.Tuning;

/// <summary>A model per group of parameters that appear together; what no model chooses is chosen by TPE, parameter by parameter.</summary>
/// <param name="space">The study's space.</param>
/// <param name="begin">Makes the model of a group from its names and domains.</param>
/// <param name="takesChoices">Whether models also hold choices without an order.</param>
/// <param name="others">Chooses the rest.</param>
/// <param name="choosesBranches">Whether models also choose what opens branches: choices that appear together and alone, beside other groups.</param>
internal sealed class GroupStudySampler(StudySpace space, Func<string[], ParameterDomain[], GroupModel> begin, bool takesChoices, TpeSampler others, bool choosesBranches = true)
    : StudySampler
{
    private readonly Lock _gate = new();
    private readonly SpaceGroups _groups = new(grouped: true);
    private readonly Dictionary<string, GroupModel> _models = new(StringComparer.Ordinal);
    private readonly StudySampler _others = others.ForStudy(space);

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(proposal);
        lock (_gate)
        {
            string[][] groups = _groups.For(context.Finished, space.Parameters.Keys);
            foreach (string[] group in groups)
            {
                string[] names = Array.FindAll(
                    group, name => space.Parameters.TryGetValue(name, out ParameterDomain? domain) && !domain.IsSingle && (takesChoices || !domain.IsChoice));
                if (names.Length == 0 || (!choosesBranches && groups.Length > 1 && Array.TrueForAll(names, name => space.Parameters[name].IsChoice)))
                {
                    continue;
                }

                GroupModel model = ModelOf(names);
                if (!model.Follow(context.Finished))
                {
                    continue;
                }

                double[] chosen = model.Choose(context);
                for (int i = 0; i < names.Length; i++)
                {
                    proposal[names[i]] = chosen[i];
                }
            }
        }
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => _others.Sample(context, parameter, domain);

    /// <summary>Names cannot hold the separator: the store refuses it.</summary>
    private GroupModel ModelOf(string[] names)
    {
        string key = string.Join('\0', names);
        ParameterDomain[] domains = Array.ConvertAll(names, name => space.Parameters[name]);
        if (!_models.TryGetValue(key, out GroupModel? model) || !model.Domains.AsSpan().SequenceEqual(domains))
        {
            model = begin(names, domains);
            _models[key] = model;
        }

        return model;
    }
}
