namespace Mlops.Tuning;

/// <summary>
/// NSGA-II for one or several objectives: children of the best trials so far, spread along the front of those that no other beats. It needs no model, so an ask
/// stays cheap with any number of parameters and trials. Branches of a conditional space are inherited with the choice that opens them.
/// </summary>
/// <remarks>
/// Deb, Pratap, Agarwal, Meyarivan (2002), with the steady state of Durillo et al. (2009): each finished trial competes at once with the population, so that no
/// worker waits for a generation and small budgets see many of them. Simulated binary crossover and polynomial mutation for numbers, uniform ones for choices.
/// Constraints by constrained dominance (<see cref="Trial.SetConstraint"/>); pruned trials come after completed ones.
/// </remarks>
public sealed class NsgaIISampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "nsga-ii";

    /// <summary>How many trials make the population, and how many are sampled at random first. 4 to 10 000, default 20.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int Population
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 4);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000);
            field = value;
        }
    } = 20;

    /// <summary>The probability that a child has two parents. 0 to 1, default 0.9.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public double Crossover
    {
        get;
        init
        {
            if (!(value is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "A probability is 0 to 1.");
            }

            field = value;
        }
    } = 0.9;

    /// <summary>The probability that a parameter's value is changed, 0 to 1; null, the default, is one divided by the number of parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public double? Mutation
    {
        get;
        init
        {
            if (value is { } probability && !(probability is >= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "A probability is 0 to 1.");
            }

            field = value;
        }
    }

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new EvolutionStudySampler(space, Population, Admit, Breed);
    }

    private void Admit(List<EvolutionRow> population, EvolutionRow row)
    {
        population.Add(row);
        EvolutionRow.Sort(population);
        if (population.Count > Population)
        {
            population.RemoveAt(Population);
        }
    }

    private Dictionary<string, double> Breed(List<EvolutionRow> population, TrialView view, Genes genes, RandomStream random)
    {
        Dictionary<string, double> first = genes.Of(view, Tournament());
        Dictionary<string, double> child = random.NextDouble() < Crossover ? genes.Cross(first, genes.Of(view, Tournament())) : new(first, StringComparer.Ordinal);
        double probability = Mutation ?? (1.0 / Math.Max(1, first.Count));
        string[] names = [.. child.Keys.Order(StringComparer.Ordinal)];
        foreach (string name in names)
        {
            if (random.NextDouble() < probability)
            {
                child[name] = genes.Mutate(name, child[name]);
            }
        }

        // A copy of the parent would be a trial for nothing.
        if (first.Count > 0 && first.All(gene => child[gene.Key] == gene.Value))
        {
            string name = first.Keys.Order(StringComparer.Ordinal).ElementAt((int)random.NextBelow(first.Count));
            child[name] = genes.Mutate(name, child[name]);
        }

        return child;

        // The population is sorted, so the lower place wins.
        int Tournament() => population[(int)Math.Min(random.NextBelow(population.Count), random.NextBelow(population.Count))].Index;
    }
}
