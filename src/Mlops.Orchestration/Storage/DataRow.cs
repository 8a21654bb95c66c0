namespace Mlops.Orchestration;

/// <summary>A row of lineage, with the step's node and what orders it among the rows of its step.</summary>
internal sealed record DataRow(DataUse Use, string Node, string Item);
