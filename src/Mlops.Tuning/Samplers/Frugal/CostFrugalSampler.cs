namespace Mlops.Tuning;

/// <summary>
/// Cost-frugal search (CFO) for one objective: from a cheap start it walks downhill in random directions, one step at a time, so that costs grow only as far as they pay. It suits
/// objectives whose cost depends on the parameters, such as numbers of trees. Each group of numbers that appear together walks by itself; choices are TPE's.
/// </summary>
/// <remarks>
/// Wu, Wang, Huang: Frugal optimization for cost-related hyperparameters (AAAI 2021), FLOW2: a step of 0.1 sqrt(d) along a direction, else against it; after
/// min(2^(d-1), 2d) failures it shrinks by the square root of the share of trials that the last success took; below a hundredth it begins anew at a random place.
/// Pruned trials and those that miss their constraints never count as better than completed ones, failed ones never as better than any; a walk whose start fails begins at a random place.
/// </remarks>
public sealed class CostFrugalSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "cfo";

    /// <summary>
    /// Where to begin, by parameter: values that are cheap to evaluate. Numbers not named begin in the middle of their scale; a value outside of a domain is moved to
    /// its end. Default empty.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public IReadOnlyDictionary<string, double> Start
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = new Dictionary<string, double>();

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The study has several objectives, or a start is not a finite number.</exception>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (space.Directions.Count != 1)
        {
            throw new ArgumentException($"CostFrugalSampler optimises one objective, study '{space.Study}' has {space.Directions.Count}. Use NsgaIISampler or TpeSampler.", nameof(space));
        }

        foreach ((string name, double value) in Start)
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentException($"CostFrugalSampler: the start of '{name}' is {value}; a finite number is needed.", nameof(space));
            }
        }

        return new GroupStudySampler(
            space, (names, domains) => new CostFrugalGroup(names, domains, this, space), takesChoices: false, new TpeSampler { Multivariate = false });
    }
}
