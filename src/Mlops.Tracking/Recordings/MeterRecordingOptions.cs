namespace Mlops.Tracking;

/// <summary>What of a meter a run records.</summary>
public sealed class MeterRecordingOptions
{
    /// <summary>How often the values are logged. 100 ms to 1 h, default 10 s.</summary>
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The names of the instruments; null for all of the meter.</summary>
    public IReadOnlyCollection<string>? Instruments { get; set; }

    /// <summary>
    /// Series, one per instrument and set of tags, before measurements of further ones are skipped. 1 to 10 000, default 100.
    /// </summary>
    public int MaximumSeries { get; set; } = 100;

    internal static void Require(MeterRecordingOptions options)
    {
        if (options.Interval < TimeSpan.FromMilliseconds(100) || options.Interval > TimeSpan.FromHours(1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.Interval, "The interval of a recording is 100 ms to 1 h.");
        }

        if (options.MaximumSeries is < 1 or > 10_000)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MaximumSeries, "A recording has 1 to 10 000 series.");
        }
    }
}
