namespace Mlops.Drift;

/// <summary>A report as it was stored.</summary>
/// <param name="Id">Grows with time; the key for paging.</param>
/// <param name="Report">The report; its numbers have 12 significant digits.</param>
public sealed record StoredReport(long Id, DriftReport Report);
