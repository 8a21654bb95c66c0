namespace Mlops.Tuning;

internal sealed record StudyRow(long Id, string Name, IReadOnlyList<Direction> Directions, long Seed);
