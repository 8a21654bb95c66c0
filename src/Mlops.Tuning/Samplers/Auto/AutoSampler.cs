namespace Mlops.Tuning;

/// <summary>
/// Chooses the sampler itself, trial by trial, by the space, the budget and what the study has found so far, and says why (<see cref="Study.SamplerReason"/>). The choice is a function of the
/// trials that had finished, so it depends on the seed alone with one worker, also in a study that is opened again.
/// </summary>
/// <remarks>
/// The first trials come from a scrambled Sobol sequence. With one objective a Gaussian process follows, up to 20 parameters and 300 trials. Where nothing better was found in a quarter of the trials,
/// and in more than five, it takes turns with CMA-ES, on spaces of numbers alone, and TPE, and who finds something better then goes on until the same happens again. Beyond the Gaussian process's reach CMA-ES takes spaces of numbers,
/// TPE those with choices. Spaces with branches are CMA-ES's, branch by branch, with TPE for the choices; where more than a quarter is pruned, TPE takes over. Two or three objectives are the Gaussian process's
/// as well, up to 20 parameters and 200 trials; with branches they are TPE's up to 300, others up to 100, and NSGA-II's from then on. The measurements behind the rules are in the documentation.
/// </remarks>
public sealed class AutoSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "auto";

    /// <summary>
    /// How many trials the study is to have, 1 or more; null, the default, where that is not known. With more than 1,000 the Gaussian process hands over to CMA-ES earlier, on spaces of numbers
    /// alone.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is less than 1.</exception>
    public int? Budget
    {
        get;
        init
        {
            if (value is { } budget)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1, nameof(value));
            }

            field = value;
        }
    }

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return new AutoStudySampler(this, space);
    }
}
