namespace Mlops.Drift;

/// <summary>A category and its rows.</summary>
/// <param name="Name">The category's text, cut at 256 characters.</param>
/// <param name="Rows">Rows that hold it.</param>
public sealed record CategoryCount(string Name, long Rows);
