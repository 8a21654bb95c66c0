namespace Mlops.Tuning;

/// <summary>A trial that runs, who holds it, and how many chunks of reports are stored of it.</summary>
internal readonly record struct RunningReports(long Id, int Number, long Epoch, long Chunks);
