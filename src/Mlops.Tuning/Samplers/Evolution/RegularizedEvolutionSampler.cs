namespace Mlops.Tuning;

/// <summary>
/// Regularised evolution: the best of a few random members of the newest trials gets a child that differs in one parameter. Members leave by age, not by rank, so that
/// lucky ones are forgotten; it suits noisy objectives and large spaces of choices, such as architectures. For one or several objectives.
/// </summary>
/// <remarks>
/// Real, Aggarwal, Huang, Le: Regularized evolution for image classifier architecture search (2019), who take a population of 100 and samples of 25; the defaults here suit budgets of
/// some hundred trials. A number changes to one near by, over all scales of nearness; the branch that a changed choice opens is sampled at random.
/// Constraints and several objectives by constrained dominance among the sample.
/// </remarks>
public sealed class RegularizedEvolutionSampler : ISampler
{
    // The most and the least that polynomial mutation keeps near: indices 0 to 2^6.
    private const int Nearness = 6;

    /// <inheritdoc/>
    public string Name => "regularized-evolution";

    /// <summary>How many of the newest trials are the population, and how many are sampled at random first. 2 to 100 000, default 20.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int Population
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 100_000);
            field = value;
        }
    } = 20;

    /// <summary>How many random members compete to be the parent. 1 or more, default 5; more is greedier.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int Sample
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 5;

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new EvolutionStudySampler(space, Population, Admit, Breed);
    }

    private void Admit(List<EvolutionRow> population, EvolutionRow row)
    {
        population.Add(row);
        if (population.Count > Population)
        {
            population.RemoveAt(0);
        }
    }

    private Dictionary<string, double> Breed(List<EvolutionRow> population, TrialView view, Genes genes, RandomStream random)
    {
        List<EvolutionRow> sample = [.. Enumerable.Range(0, Sample).Select(_ => population[(int)random.NextBelow(population.Count)]).Distinct()];
        EvolutionRow.Sort(sample);
        Dictionary<string, double> child = genes.Of(view, sample[0].Index);
        if (child.Count > 0)
        {
            string name = child.Keys.Order(StringComparer.Ordinal).ElementAt((int)random.NextBelow(child.Count));
            child[name] = genes.Mutate(name, child[name], Math.Pow(2, Nearness * random.NextDouble()) - 1);
        }

        return child;
    }
}
