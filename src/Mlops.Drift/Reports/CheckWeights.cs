namespace Mlops.Drift;

/// <summary>
/// How a column's level is divided among its checks (weighted Bonferroni). The weights are fixed beforehand: leaving out a check because the data gave it nothing to do, and
/// sharing its part among the others, would make the column alarm too often.
/// </summary>
internal static class CheckWeights
{
    public const double Distribution = 0.8;

    /// <summary>Missing values, NaN and infinities, values out of range; or missing values, new and vanished categories.</summary>
    public const double Other = (1 - Distribution) / 3;
}
