namespace Mlops.Drift;

/// <summary>A report as it was stored.</summary>
/// <param name="Id">Numbers the monitor's reports from 1 in the order of their commits: the key for paging, and a cursor that misses none.</param>
/// <param name="Report">The report; its numbers have 12 significant digits.</param>
public sealed record StoredReport(long Id, DriftReport Report);
