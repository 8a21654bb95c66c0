namespace Mlops.Tuning;

/// <summary>
/// The tree-structured Parzen estimator for one or several objectives: models where good trials lie and where the others lie, and tries where the
/// ratio of the two is largest. Random until <see cref="StartupTrials"/> have finished.
/// </summary>
/// <remarks>
/// Bergstra et al. (2011), Watanabe (arXiv 2304.11127), with the semantics of Optuna 5: the best ceil(n/10), with one objective at most 25, count as good;
/// with several they are the first fronts of non-dominated trials, cut by the hypervolume they add (Ozaki et al. 2020); trials that miss
/// their constraints come last, by how much they miss them (<see cref="Trial.SetConstraint"/>);
/// kernel widths come from the distances between neighbours; running trials count as bad, so that parallel trials spread.
/// Values of a parallel study depend on which trials had finished at each ask; with one worker they depend on the seed alone.
/// </remarks>
public sealed class TpeSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "tpe";

    /// <summary>How many completed or pruned trials are sampled at random first. 1 or more, default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int StartupTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 10;

    /// <summary>How many candidates are drawn per choice. 1 to 10 000, default 24.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int Candidates
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 10_000);
            field = value;
        }
    } = 24;

    /// <summary>
    /// Whether parameters that every trial has are chosen together, so that their interplay counts; parameters that only some trials have
    /// are chosen one by one. Null, the default, is true with one objective and false with several, unless <see cref="Grouped"/>.
    /// </summary>
    public bool? Multivariate { get; init; }

    /// <summary>
    /// Unless <see cref="Multivariate"/> is false: whether parameters that always appear together are chosen together as well, branch by branch of a
    /// conditional space. Default false.
    /// </summary>
    public bool Grouped { get; init; }

    /// <summary>Whether trials that are still running count as bad, so that parallel trials do not crowd. Default true.</summary>
    public bool ConstantLiar { get; init; } = true;

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new TpeStudySampler(this, space);
    }
}
