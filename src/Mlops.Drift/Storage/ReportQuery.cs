namespace Mlops.Drift;

/// <summary>Which of a monitor's stored reports are asked for; the newest hundred unless something is set.</summary>
public sealed record ReportQuery
{
    /// <summary>Reports evaluated at this time or later; null for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Reports evaluated before this time; null for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Reports of this model version; null for all.</summary>
    public string? ModelVersion { get; init; }

    /// <summary>Reports with one of these verdicts on the data; empty (default) for all.</summary>
    public IReadOnlyList<DriftVerdict> Verdicts { get; init; } = [];

    /// <summary>How many, 1 to 1 000; default 100.</summary>
    public int Take { get; init; } = 100;

    /// <summary>Goes on after a page: the <see cref="StoredReport.Id"/> or <see cref="FeaturePoint.ReportId"/> of its last entry; null for the newest.</summary>
    public long? Before { get; init; }

    internal void Validate()
    {
        Require.InRange(Take, 1, 1_000, nameof(Take));
        Require.Span(From, To, nameof(From), nameof(To));
        foreach (DriftVerdict verdict in Verdicts)
            Require.Defined(verdict, nameof(Verdicts));
    }
}
