namespace Mlops.Drift;

/// <summary>What one column's drift does to the mean loss.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Drift">Total variation of its bins between reference and window, 0 to 1.</param>
/// <param name="Marginal">Change of the reference's mean loss when its rows are weighed so that this column alone is distributed as in the window. Columns that go together count for each other.</param>
/// <param name="Share">Its Shapley value among the columns that drifted most; null for the others.</param>
public readonly record struct ColumnLoss(string Column, double Drift, double Marginal, double? Share);
