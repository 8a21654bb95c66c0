namespace Mlops.Tuning;

internal readonly record struct StudyCounts(int Running, int Completed, int Pruned, int Failed, int Paused);
