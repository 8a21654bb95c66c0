namespace Mlops.Tuning;

/// <summary>
/// Samples along a Halton sequence with Owen's scrambling: even coverage as with <see cref="SobolSampler"/>, without favouring powers of two, better with few
/// parameters than with many. Trial n is point n; results do not depend on parallelism or resumption.
/// </summary>
/// <remarks>
/// Halton (1960): the k-th parameter of a trial takes its number's digits in the k-th prime, mirrored at the point, each digit permuted by a
/// permutation that depends on the digits before it and on the study's seed (Owen 1995).
/// </remarks>
public sealed class HaltonSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "halton";

    /// <inheritdoc/>
    public StudySampler ForStudy(StudySpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        ulong seed = (ulong)space.Seed;
        return new QuasiRandomStudySampler((index, dimension) => HaltonSequence.Scrambled(index, dimension, seed));
    }
}
