namespace Mlops.Tuning;

/// <summary>
/// Samples for one study. When a trial begins, <see cref="Propose"/> may choose values together for the parameters that the study is
/// known to have; a parameter it left out is sampled alone when the objective asks for it. Both see the same history: the trials that
/// had finished when this one began.
/// </summary>
public abstract class StudySampler
{
    /// <summary>
    /// Whether <see cref="Propose"/> is to be called and histories are to be read; false spares a study the reading.
    /// </summary>
    public virtual bool ReadsHistory => true;

    /// <summary>Why the last proposal was made the way it was; null for samplers that have no choice.</summary>
    public virtual string? Reason => null;

    /// <summary>Chooses values for several parameters at once. Called by one thread at a time.</summary>
    /// <param name="context">The trial that begins.</param>
    /// <param name="proposal">Receives coordinates by parameter name.</param>
    public virtual void Propose(SamplingContext context, IDictionary<string, double> proposal)
    {
    }

    /// <summary>Chooses one parameter's value. May be called by several threads for different trials.</summary>
    /// <param name="context">The trial that asks.</param>
    /// <param name="parameter">The parameter's name.</param>
    /// <param name="domain">Its domain in this trial.</param>
    /// <returns>A coordinate that the domain contains.</returns>
    public abstract double Sample(SamplingContext context, string parameter, ParameterDomain domain);
}
