namespace Mlops.Serving;

/// <summary>The run that answered a call, which others may have shared.</summary>
/// <param name="Ticks">How long the runtime took; 0 where that is not known.</param>
/// <param name="Rows">Rows that it computed, of all calls.</param>
/// <param name="At">Timestamp of its beginning.</param>
internal readonly record struct RunTime(long Ticks, int Rows, long At);
