namespace Mlops.Tuning;

/// <summary>
/// What a sampler has learned of one group of parameters that appear together. It is a function of the finished trials in their order, so nothing of it
/// needs to be stored, and it begins anew when it is shown an earlier view.
/// </summary>
internal abstract class GroupModel(ParameterDomain[] domains)
{
    public ParameterDomain[] Domains { get; } = domains;

    /// <summary>Brings the model to what a trial may see.</summary>
    /// <returns>Whether it can choose.</returns>
    public abstract bool Follow(TrialView view);

    /// <summary>One coordinate per parameter for a trial.</summary>
    public abstract double[] Choose(SamplingContext context);
}
