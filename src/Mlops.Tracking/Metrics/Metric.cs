namespace Mlops.Tracking;

/// <summary>
/// One value to log. Within a run, key, step, time and the value's bits are what a point is: logged again, by whomever and however often, it is the
/// same point and kept once. Measurements that are to count apart differ in step or time.
/// </summary>
/// <param name="Key">1 to 250 characters: letters, digits and <c>_ - . : / space</c>.</param>
/// <param name="Value">Any double; NaN and infinities are kept bit by bit.</param>
/// <param name="Step">Where in the run, for example the epoch; any number.</param>
/// <param name="Time">When, to the microsecond; null for the moment of the call that logs it. Give one where the call may be repeated.</param>
public readonly record struct Metric(string Key, double Value, long Step = 0, DateTimeOffset? Time = null);
