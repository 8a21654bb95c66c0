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

    /// <summary>
    /// Chooses values for several parameters at once. Called by one thread at a time. The trial exists only once its values are chosen, so another process may take
    /// its number meanwhile: then this is called again, for a later number or for the same one with more finished trials, and what was proposed before counts for
    /// nothing. What is proposed may depend on the context alone; it may be kept to be found faster, but a call must leave nothing behind that changes another's answer.
    /// Where it is overtaken several times, the study waits for it, tells of other processes included, and it may be called twice with the same context.
    /// </summary>
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
