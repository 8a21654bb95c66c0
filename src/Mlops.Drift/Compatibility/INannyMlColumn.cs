namespace Mlops.Drift;

/// <summary>A column whose reference was read, sorted or counted once.</summary>
internal interface INannyMlColumn
{
    /// <summary>The figure of some rows of a batch, and the p-value of chi-squared; null without values.</summary>
    (double? Value, double? PValue) Compare(DriftBatch batch, Range rows);
}
