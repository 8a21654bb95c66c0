namespace Mlops.Orchestration;

/// <summary>Something that has happened, and the run that it starts.</summary>
/// <param name="Key">Names what has happened: 1 to 60 characters. One key starts one run, however often it is seen.</param>
/// <param name="Parameters">What the run is started with.</param>
/// <typeparam name="TParameters">The pipeline's parameters.</typeparam>
public sealed record SensorEvent<TParameters>(string Key, TParameters Parameters);
