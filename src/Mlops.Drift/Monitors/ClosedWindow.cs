namespace Mlops.Drift;

/// <summary>A window that takes no more rows and waits for its evaluation.</summary>
internal sealed record ClosedWindow(RowWindow Rows, bool Partial, bool Incomplete);
