namespace Mlops.Statistics;

/// <summary>Which way a test takes to its p-value.</summary>
public enum PValueMethod
{
    /// <summary>Exact where affordable, else asymptotic, or by permutation where ties or small samples make the limit untrue.</summary>
    Auto,

    /// <summary>Always asymptotic.</summary>
    Asymptotic,

    /// <summary>Seeded random relabelling of the pooled values; conditional on ties.</summary>
    Permutation,
}
