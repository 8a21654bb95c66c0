using System.Diagnostics.Metrics;

namespace Mlops.Tracking;

/// <summary>What becomes of the measurements between two ticks.</summary>
internal enum SeriesKind
{
    /// <summary>They add up over the whole recording: counters.</summary>
    Sum,

    /// <summary>The last stands until the next: gauges.</summary>
    Last,

    /// <summary>It is asked for at each tick, and absent when it is not given: observable instruments.</summary>
    Observed,

    /// <summary>They are described per tick: histograms.</summary>
    Distribution,
}

internal static class SeriesKinds
{
    public static SeriesKind Of(Instrument instrument) => instrument switch
    {
        { IsObservable: true } => SeriesKind.Observed,
        Histogram<byte> or Histogram<short> or Histogram<int> or Histogram<long> or Histogram<float> or Histogram<double> or Histogram<decimal> =>
            SeriesKind.Distribution,
        Gauge<byte> or Gauge<short> or Gauge<int> or Gauge<long> or Gauge<float> or Gauge<double> or Gauge<decimal> => SeriesKind.Last,
        _ => SeriesKind.Sum,
    };
}
