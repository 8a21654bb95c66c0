namespace Mlops.Tuning;

/// <summary>
/// Samples along a Sobol sequence with Owen's scrambling: the first 2^m trials cover each parameter, and the parameters together, more evenly than
/// chance. Trial n is point n, so any number of workers walk one sequence, and results do not depend on parallelism or resumption. On a
/// conditional space a trial's k-th parameter takes coordinate k.
/// </summary>
/// <remarks>
/// Sobol (1967) with the direction numbers of Joe and Kuo (new-joe-kuo-6, 2008) for 32 parameters; more parameters take those coordinates again, each with
/// an order of its own. Nested uniform scrambling by the hash of Laine and Karras, seeded by the study (Burley, Practical hash-based Owen scrambling, JCGT 2020).
/// </remarks>
public sealed class SobolSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "sobol";

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        ulong seed = (ulong)space.Seed;
        return new QuasiRandomStudySampler((index, dimension) => SobolSequence.Scrambled(index, dimension, seed));
    }
}
