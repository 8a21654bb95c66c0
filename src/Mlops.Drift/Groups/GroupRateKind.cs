namespace Mlops.Drift;

/// <summary>What is compared between groups.</summary>
public enum GroupRateKind
{
    /// <summary>Share of predictions that announce that it will happen; needs no labels.</summary>
    Selection = 0,

    /// <summary>Share of what happened that was announced (recall).</summary>
    TruePositive = 1,

    /// <summary>Share of what did not happen that was announced.</summary>
    FalsePositive = 2,

    /// <summary>Share of the announced that happened (positive predictive value).</summary>
    Precision = 3,

    /// <summary>Mean of |prediction - actual|, errors beyond <see cref="GroupGapOptions.MaximumError"/> taken as it.</summary>
    AbsoluteError = 4,
}
