namespace Mlops.Drift;

/// <summary>Which of a monitor's stored alerts are asked for; the newest hundred unless something is set.</summary>
public sealed record AlertQuery
{
    /// <summary>Alerts of this kind; null for all kinds.</summary>
    public AlertKind? Kind { get; init; }

    /// <summary>Only alerts that were not cleared yet; default false.</summary>
    public bool OnlyStanding { get; init; }

    /// <summary>Alerts raised at this time or later; null for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Alerts raised before this time; null for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>How many, 1 to 1 000; default 100.</summary>
    public int Take { get; init; } = 100;

    /// <summary>Goes on after a page: its last alert; null for the newest.</summary>
    public StoredAlert? Before { get; init; }

    internal void Validate()
    {
        Require.InRange(Take, 1, 1_000, nameof(Take));
        Require.Span(From, To, nameof(From), nameof(To));
        if (Kind is { } kind)
            Require.Defined(kind, nameof(Kind));
    }
}
