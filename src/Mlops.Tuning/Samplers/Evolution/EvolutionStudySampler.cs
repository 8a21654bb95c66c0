namespace Mlops.Tuning;

/// <summary>
/// A population that follows the finished trials one by one, and children of it. Parameters that a child's parents did not have are chosen at random as they are asked for.
/// </summary>
/// <param name="space">The study's space.</param>
/// <param name="startup">How many usable trials are sampled at random first.</param>
/// <param name="admit">Takes a trial into the population and drops another.</param>
/// <param name="breed">Makes a child's coordinates by name from the population.</param>
internal sealed class EvolutionStudySampler(
    StudySpace space, int startup, Action<List<EvolutionRow>, EvolutionRow> admit, Func<List<EvolutionRow>, TrialView, Genes, RandomStream, Dictionary<string, double>> breed)
    : StudySampler
{
    private readonly Lock _gate = new();
    private readonly List<EvolutionRow> _population = [];
    private int _followed;
    private int _usable;

    public override void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(proposal);
        lock (_gate)
        {
            Follow(context.Finished);
            if (_usable < startup)
            {
                return;
            }

            RandomStream random = context.Random("evolution");
            foreach ((string name, double coordinate) in breed(_population, context.Finished, new Genes(space, random), random))
            {
                proposal[name] = coordinate;
            }
        }
    }

    public override double Sample(SamplingContext context, string parameter, ParameterDomain domain)
    {
        ArgumentNullException.ThrowIfNull(context);
        return RandomSampler.Draw(context.Random(parameter), domain);
    }

    private void Follow(TrialView view)
    {
        if (view.Count < _followed)
        {
            _population.Clear();
            (_followed, _usable) = (0, 0);
        }

        for (; _followed < view.Count; _followed++)
        {
            // What a trial comes to takes the place of its pause.
            int earlier = view.Earlier(_followed);
            _usable -= earlier < 0 ? 0 : 1;
            _population.RemoveAll(member => member.Index == earlier);
            if (EvolutionRow.Read(view, _followed, space.Directions) is { } row)
            {
                _usable++;
                admit(_population, row);
            }
        }
    }
}
