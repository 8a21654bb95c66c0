namespace Mlops.Tracking;

/// <summary>Consecutive points of a metric in short, for curves.</summary>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last of them; the first again where there is one.</param>
/// <param name="Count">How many there are, at least 1.</param>
/// <param name="Minimum">The smallest finite value; null when none is finite.</param>
/// <param name="Maximum">The largest finite value; null when none is finite.</param>
/// <param name="NonFinite">How many are NaN or infinite.</param>
public readonly record struct MetricBucket(MetricPoint First, MetricPoint Last, long Count, double? Minimum, double? Maximum, long NonFinite)
{
    /// <summary>The step of <see cref="First"/>.</summary>
    public long FirstStep => First.Step;

    /// <summary>The step of <see cref="Last"/>.</summary>
    public long LastStep => Last.Step;
}
