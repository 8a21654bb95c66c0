namespace Mlops.Orchestration;

/// <summary>A pool as it stood when it was read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Slots">How many steps may run in it at once.</param>
/// <param name="Used">How many do. More than <paramref name="Slots"/> after the number was lowered, until enough have ended.</param>
public sealed record PoolStatus(string Name, int Slots, int Used);
