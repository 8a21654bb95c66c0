namespace Mlops.Drift;

/// <summary>One group's rate with its interval, which holds at all times and for all groups together.</summary>
public sealed record GroupRate
{
    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>Values behind the rate.</summary>
    public required long Count { get; init; }

    /// <summary>The mean of the values; null without any.</summary>
    public double? Value { get; init; }

    /// <summary>Lower end of the interval.</summary>
    public required double Lower { get; init; }

    /// <summary>Upper end of the interval.</summary>
    public required double Upper { get; init; }

    /// <summary>True when no single rate fits all looks: the group's rate has moved. It then takes no part in the gap.</summary>
    public bool HasMoved { get; init; }
}
