namespace Mlops.Orchestration;

/// <summary>What a sensor saw.</summary>
/// <param name="Events">At most 1 000; what is left is seen the next time, by the cursor.</param>
/// <param name="Cursor">Where the next look begins, at most 2 000 characters; null leaves it where it is. Moved only once a run of every event is stored.</param>
/// <typeparam name="TParameters">The pipeline's parameters.</typeparam>
public sealed record SensorReading<TParameters>(IReadOnlyList<SensorEvent<TParameters>> Events, string? Cursor = null);
