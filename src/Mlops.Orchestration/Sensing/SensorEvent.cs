namespace Mlops.Orchestration;

/// <summary>Something that has happened, and the run that it starts.</summary>
/// <param name="Key">Names what has happened: 1 to 2 000 characters. One key starts one run, however often it is seen, for as long as that run is kept: after <see cref="Pipelines.PurgeAsync"/> has removed it, an event that is seen again starts another.</param>
/// <param name="Parameters">What the run is started with.</param>
/// <typeparam name="TParameters">The pipeline's parameters.</typeparam>
public sealed record SensorEvent<TParameters>(string Key, TParameters Parameters);
