using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>An order of runs. Immutable.</summary>
public sealed class RunOrder
{
    private const string Ending = "start_time DESC, run_id";

    /// <summary>One direction, no missing values: a position is one comparison of rows.</summary>
    private static readonly QueryFields Indexed = new QueryFields("run")
        .Add("started", QueryField.Time("r.started"))
        .Add("number", QueryField.Whole("r.run"))
        .AddKeyed("logged", MetricField.Logged);

    private readonly string _text;

    private RunOrder(Ordering keys, string text, string? metric = null, bool isDescending = false)
    {
        _text = text;
        Keys = keys;
        Metric = metric;
        IsDescending = isDescending;
    }

    /// <summary>By start, the latest first; of equal starts the one that was stored last.</summary>
    public static RunOrder Newest { get; } = new(Ordering.Parse("started DESC", Indexed, "number DESC"), "start_time DESC", isDescending: true);

    /// <summary>By start, the earliest first; of equal starts the one that was stored first.</summary>
    public static RunOrder Oldest { get; } = new(Ordering.Parse("started", Indexed, "number"), "start_time");

    /// <summary>The metric of <see cref="ByMetric"/> or <see cref="ByMetricDescending"/>; null for other orders.</summary>
    public string? Metric { get; }

    /// <summary>True for <see cref="Newest"/> and <see cref="ByMetricDescending"/>; an order of <see cref="Parse"/> says so per field.</summary>
    public bool IsDescending { get; }

    internal Ordering Keys { get; }

    /// <summary>The order in the language of <see cref="Parse"/>.</summary>
    public override string ToString() => _text;

    /// <summary>By the last value of a metric, the smallest first and NaN last. Runs without the metric are not listed.</summary>
    public static RunOrder ByMetric(string key)
    {
        Names.RequireKey(key, nameof(key));
        return new RunOrder(Ordering.Parse($"logged.`{key}`", Indexed, "number"), $"metrics.`{key}`", key);
    }

    /// <summary>By the last value of a metric, the largest first and NaN last. Runs without the metric are not listed.</summary>
    public static RunOrder ByMetricDescending(string key)
    {
        Names.RequireKey(key, nameof(key));
        return new RunOrder(Ordering.Parse($"logged.`{key}` DESC", Indexed, "number DESC"), $"metrics.`{key}` DESC", key, isDescending: true);
    }

    /// <summary>
    /// By several fields, as in <c>metrics.mae DESC, params.kind, start_time</c>: those of <see cref="RunQuery.Filter"/> but datasets and
    /// <c>at(...)</c>, each with ASC (default) or DESC, at most 10. Parameters and tags are ordered as texts by their UTF-8 bytes. In both
    /// directions NaN comes behind every number, and runs that lack the value behind NaN. Runs that are equal in all of it are ordered by
    /// <c>start_time DESC, run_id</c>.
    /// </summary>
    /// <exception cref="FilterException">The text is no order, or names a field twice or one that does not order.</exception>
    public static RunOrder Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new RunOrder(Ordering.Parse(text, RunFields.All, Ending), text);
    }
}
