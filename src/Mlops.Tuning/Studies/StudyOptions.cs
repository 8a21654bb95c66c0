namespace Mlops.Tuning;

/// <summary>How a study is opened.</summary>
public sealed class StudyOptions
{
    /// <summary>
    /// How parameter values are chosen; null for <see cref="TpeSampler"/>, which takes a study of any kind: several objectives, constraints, choices and branches. It may change
    /// from one opening to the next, which is logged when a trial begins: name it at each opening where it is not the default.
    /// </summary>
    public ISampler? Sampler { get; set; }

    /// <summary>Whether running trials may end early, by what they report; null, the default, for no. It may change from one opening to the next.</summary>
    public IPruner? Pruner { get; set; }

    /// <summary>
    /// What choices may depend on, kept with the study. Null takes what is stored, and for a new study <see cref="Determinism.Default"/>.
    /// </summary>
    public Determinism? Determinism { get; set; }

    /// <summary>
    /// The seed of all random numbers, kept with the study. Null takes the stored one, and for a new study derives it from the
    /// study's name, so that the same study in another database makes the same choices.
    /// </summary>
    public long? Seed { get; set; }
}
