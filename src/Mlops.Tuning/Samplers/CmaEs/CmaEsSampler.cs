namespace Mlops.Tuning;

/// <summary>
/// Covariance matrix adaptation (CMA-ES) for one objective: a normal distribution over all numeric parameters that moves and turns to where
/// trials were good. It suits smooth and ill-conditioned objectives of numbers and budgets from some hundred trials on; on a conditional
/// space each group of parameters that appear together evolves by itself. Choices are made by TPE.
/// </summary>
/// <remarks>
/// Hansen, The CMA evolution strategy: a tutorial (arXiv 1604.00772), with active covariance update. Parameters map onto 0 to 1 over their
/// scale; samples outside are drawn again. Parameters on a grid keep a margin (Hamano et al., arXiv 2205.13482), unless
/// <see cref="Separable"/> or <see cref="LearningRateAdaptation"/>. Ranks alone count: pruned trials come after completed ones, then those that
/// miss their constraints. The evolution is a function of the study's finished trials in their order, so that a study that is
/// opened again goes on exactly; with one worker it depends on the seed alone. A trial of an earlier generation that finishes late counts too,
/// drawn near if it lies far off.
/// </remarks>
public sealed class CmaEsSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "cma-es";

    /// <summary>How many completed or pruned trials of a group are sampled by chance first and not learned from. 0 or more, default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public int StartupTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 1;

    /// <summary>Trials per generation, 4 to 100 000; null, the default, is 4 + 3 ln d, rounded down, for d parameters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int? Population
    {
        get;
        init
        {
            if (value is { } population)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(population, 4, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(population, 100_000, nameof(value));
            }

            field = value;
        }
    }

    /// <summary>The first standard deviation as a share of every parameter's range, above 0 and at most 1; default 1/6.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public double FirstDeviation
    {
        get;
        init
        {
            if (!(value > 0 && value <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The first deviation is a share of the range: above 0 and at most 1.");
            }

            field = value;
        }
    } = 1.0 / 6;

    /// <summary>Whether variances only are learned and no correlations, which is faster with many parameters. Default false.</summary>
    public bool Separable { get; init; }

    /// <summary>
    /// Whether learning rates follow the signal-to-noise ratio of the updates (Nomura et al., arXiv 2304.03473), for noisy or multimodal
    /// objectives with large budgets. Not together with <see cref="Separable"/>. Default false.
    /// </summary>
    public bool LearningRateAdaptation { get; init; }

    /// <summary>Whether an evolution that has converged begins anew at a random place with twice the population (IPOP). Default true.</summary>
    public bool Restarts { get; init; } = true;

    /// <summary>
    /// Trials of an earlier, similar study: the first distribution is a normal over its best tenth, widened (Nomura et al.,
    /// arXiv 2012.06932). Trials that lack a parameter, or have a value outside its domain, are left out. Default empty.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public IReadOnlyList<TrialRecord> WarmStart
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = [];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The study has several objectives, or the settings exclude each other.</exception>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (space.Directions.Count != 1)
        {
            throw new ArgumentException($"CmaEsSampler optimises one objective, study '{space.Study}' has {space.Directions.Count}. Use TpeSampler.", nameof(space));
        }

        if (Separable && LearningRateAdaptation)
        {
            throw new ArgumentException("CmaEsSampler: Separable and LearningRateAdaptation exclude each other; leave one out.", nameof(space));
        }

        return new GroupStudySampler(
            space, (names, domains) => new CmaEsGroup(names, domains, this, space), takesChoices: false, new TpeSampler { Multivariate = false });
    }
}
