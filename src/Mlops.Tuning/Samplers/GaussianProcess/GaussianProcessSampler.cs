namespace Mlops.Tuning;

/// <summary>
/// Bayesian optimisation by Gaussian processes for one or several objectives: a model of each objective over all parameters, choices included, tried where
/// they promise the largest improvement, which with several objectives is the volume that the front gains. It suits expensive objectives, up to about 20 parameters and a
/// few hundred trials. On a conditional space each group of parameters that appear together has a model of its own. By chance until <see cref="StartupTrials"/> have completed.
/// </summary>
/// <remarks>
/// Matern-5/2 kernel with a length per parameter, choices differ by 1; lengths, scale and noise by maximum a posteriori with the priors of
/// Optuna 5; values bent by the power of Yeo and Johnson; the logarithm of expected improvement (Ament et al., arXiv 2310.20708) times
/// the probability of satisfying the constraints (<see cref="Trial.SetConstraint"/>). With several objectives it is the expected improvement of the hypervolume, exact over a decomposition into
/// boxes (Yang et al. 2019), up to a tenth beyond the front's worst values, of models that know nothing of each other; fronts are thinned beyond 128 points, beyond 64 with three objectives
/// and to fewer with more; choices that open branches are TPE's then. Running trials count as if they had found what the model
/// expects of them (Ginsbourger et al. 2010). Pruned trials are left out; a failed one says that its place is likely to fail, as if it missed a constraint. With one worker the choices depend on the seed alone, also in a
/// study that is opened again; lengths are fitted anew whenever trials have grown by a twelfth.
/// </remarks>
public sealed class GaussianProcessSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "gp";

    /// <summary>How many trials of a group complete before its model chooses. 2 or more, default 10.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 2.</exception>
    public int StartupTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 2);
            field = value;
        }
    } = 10;

    /// <summary>
    /// How many trials the model holds, 20 to 2 000, default 400; of more it holds the best and the newest, half each. An ask costs its square, a fit
    /// its cube.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of the range.</exception>
    public int MaximumTrials
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 20);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 2_000);
            field = value;
        }
    } = 400;

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new GroupStudySampler(
            space, (names, domains) => new GaussianProcessGroup(names, domains, this, space), takesChoices: true,
            new TpeSampler { Multivariate = false, StartupTrials = StartupTrials }, choosesBranches: space.Directions.Count == 1);
    }
}
