namespace Mlops.Drift;

/// <summary>What one column tells about a drift.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Drop">How much the area under the curve falls when the column is shuffled; about 0, on either side, for one that tells nothing.</param>
/// <param name="StandardError">Its standard error, from the scatter between folds.</param>
public readonly record struct ColumnImportance(string Column, double Drop, double StandardError);
