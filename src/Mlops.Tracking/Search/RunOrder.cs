namespace Mlops.Tracking;

/// <summary>An order of runs. Equal runs follow each other in the order they were started in, or its reverse.</summary>
public sealed class RunOrder
{
    private RunOrder(string? metric, bool descending)
    {
        Metric = metric;
        IsDescending = descending;
    }

    /// <summary>By start, the latest first.</summary>
    public static RunOrder Newest { get; } = new(null, descending: true);

    /// <summary>By start, the earliest first.</summary>
    public static RunOrder Oldest { get; } = new(null, descending: false);

    /// <summary>The metric whose last value decides, or null for the start.</summary>
    public string? Metric { get; }

    /// <summary>True when the largest comes first.</summary>
    public bool IsDescending { get; }

    /// <summary>By the last value of a metric, the smallest first and NaN last. Runs without the metric are not listed.</summary>
    public static RunOrder ByMetric(string key)
    {
        Names.RequireKey(key, nameof(key));
        return new RunOrder(key, descending: false);
    }

    /// <summary>By the last value of a metric, the largest first and NaN last. Runs without the metric are not listed.</summary>
    public static RunOrder ByMetricDescending(string key)
    {
        Names.RequireKey(key, nameof(key));
        return new RunOrder(key, descending: true);
    }
}
