namespace Mlops.Tracking;

/// <summary>One value to log.</summary>
/// <param name="Key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
/// <param name="Value">Any double; NaN and infinities are kept bit by bit.</param>
/// <param name="Step">Where in the run, for example the epoch; any number.</param>
/// <param name="Time">When, to the microsecond; null for now.</param>
public readonly record struct Metric(string Key, double Value, long Step = 0, DateTimeOffset? Time = null);
