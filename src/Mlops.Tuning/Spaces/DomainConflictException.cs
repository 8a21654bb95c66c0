namespace Mlops.Tuning;

/// <summary>
/// A parameter was asked for with a domain that contradicts the one it has. Within a study only the bounds may change from trial to
/// trial; kind, scale, step and choices may not. Within one trial nothing may.
/// </summary>
public sealed class DomainConflictException : TuningException
{
    internal DomainConflictException(string study, string parameter, ParameterDomain known, ParameterDomain asked, bool sameTrial)
        : base($"Study '{study}', parameter '{parameter}': asked for as {asked}, but {(sameTrial ? "this trial has it" : "the study knows it")} as {known}. "
            + (sameTrial ? "Ask with the same domain, or use another name." : "Only bounds may change between trials: use another name or another study."))
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
