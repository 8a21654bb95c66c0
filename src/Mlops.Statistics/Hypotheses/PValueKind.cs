namespace Mlops.Statistics;

/// <summary>How a p-value was obtained.</summary>
public enum PValueKind
{
    /// <summary>There is no p-value; the result names the reason.</summary>
    None,

    /// <summary>Computed from the whole null distribution, with rounding as the only error.</summary>
    Exact,

    /// <summary>From the limiting distribution; the test's documentation states the error.</summary>
    Asymptotic,

    /// <summary>From the limiting distribution of continuous data although values are tied: an upper bound, so too few alarms.</summary>
    AsymptoticConservative,

    /// <summary>From seeded random relabellings of the pooled sample: (b + 1) / (B + 1).</summary>
    Permutation,

    /// <summary>From seeded random tables of counts with the margins of the observed one: (b + 1) / (B + 1).</summary>
    MonteCarlo,

    /// <summary>From seeded resamples of blocks of a series: (b + 1) / (B + 1); the test's documentation states the error.</summary>
    Bootstrap,
}
