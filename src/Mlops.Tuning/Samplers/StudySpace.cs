using System.Collections.Immutable;

namespace Mlops.Tuning;

/// <summary>What is known of a study's search space: parameters appear as trials ask for them. Thread-safe; each read is a snapshot.</summary>
public sealed class StudySpace
{
    private ImmutableDictionary<string, ParameterDomain> _parameters = ImmutableDictionary.Create<string, ParameterDomain>(StringComparer.Ordinal);

    internal StudySpace(string study, IReadOnlyList<Direction> directions, long seed)
    {
        Study = study;
        Directions = directions;
        Seed = seed;
    }

    /// <summary>The study's name.</summary>
    public string Study { get; }

    /// <summary>One direction per objective.</summary>
    public IReadOnlyList<Direction> Directions { get; }

    /// <summary>The seed of every random stream.</summary>
    public long Seed { get; }

    /// <summary>
    /// The parameters that finished trials have used, with the smallest domain that holds all bounds they were asked for with.
    /// Other processes' additions arrive with the trials that use them.
    /// </summary>
    public IReadOnlyDictionary<string, ParameterDomain> Parameters => _parameters;

    /// <summary>Whether a parameter keeps its bounds, so that what is known of it does not depend on which trials have finished.</summary>
    internal bool HasFixedBounds { get; init; }

    /// <summary>Whether the parameter is known with at least these bounds, so that nothing is to be stored.</summary>
    /// <exception cref="DomainConflictException">It is known as something else.</exception>
    internal bool Covers(string parameter, ParameterDomain domain)
    {
        if (!_parameters.TryGetValue(parameter, out ParameterDomain? known))
        {
            return false;
        }

        RequireCompatible(Study, parameter, known, domain);
        if (HasFixedBounds && !known.Equals(domain))
        {
            throw new DomainConflictException(Study, parameter, known, domain, "Bounds do not change in a study with a lag: use another name or another study.");
        }

        return known.Low <= domain.Low && known.High >= domain.High;
    }

    /// <summary>Whether the parameter is known with bounds or choices that have the value among them.</summary>
    internal bool Holds(string parameter, ParameterValue value) => _parameters.TryGetValue(parameter, out ParameterDomain? known) && known.ToCoordinate(value) is not null;

    internal void Learn(string parameter, ParameterDomain domain) => ImmutableInterlocked.AddOrUpdate(
        ref _parameters, parameter, domain, (_, known) => known.IsCompatible(domain) ? known.Hull(domain) : known);

    internal static void RequireCompatible(string study, string parameter, ParameterDomain known, ParameterDomain asked)
    {
        if (!known.IsCompatible(asked))
        {
            throw new DomainConflictException(study, parameter, known, asked, "Only bounds may change between trials, by whole steps where there is a step: use another name or another study.");
        }
    }
}
