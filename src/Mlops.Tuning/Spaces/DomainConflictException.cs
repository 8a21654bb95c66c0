namespace Mlops.Tuning;

/// <summary>
/// A parameter was asked for with a domain that contradicts the one it has. Within a study only the bounds may change from trial to
/// trial, and not in one with a lag (<see cref="Determinism.Lag"/>); kind, scale, step, the place of the grid and choices may not. Within one trial nothing may.
/// </summary>
public sealed class DomainConflictException : TuningException
{
    internal DomainConflictException(string study, string parameter, ParameterDomain known, ParameterDomain asked, string remedy)
        : base($"Study '{study}', parameter '{parameter}': asked for as {asked}, but known as {known}. {remedy}")
    {
        Parameter = parameter;
        Known = known;
        Asked = asked;
    }

    /// <summary>The parameter's name.</summary>
    public string Parameter { get; }

    /// <summary>The domain that the parameter has.</summary>
    public ParameterDomain Known { get; }

    /// <summary>The domain that was asked for.</summary>
    public ParameterDomain Asked { get; }
}
