namespace Mlops.Tracking;

/// <summary>Which runs to list, all conditions together, and in which order.</summary>
public sealed class RunQuery
{
    /// <summary>Only runs in this status; null for any.</summary>
    public RunStatus? Status { get; set; }

    /// <summary>Only children of the run with this id; null for all runs.</summary>
    public string? ParentId { get; set; }

    /// <summary>Only runs that have these tags with exactly these values; at most 16; null for any.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>Only runs that have these parameters with exactly these values; at most 16; null for any.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; set; }

    /// <summary>The order; the newest start first unless said otherwise.</summary>
    public RunOrder Order { get; set; } = RunOrder.Newest;

    /// <summary>Runs per page, 1 to 1 000, default 100.</summary>
    public int Take { get; set; } = 100;

    /// <summary>The <see cref="RunPage.Next"/> of the page before, for the same query; null for the first page.</summary>
    public string? After { get; set; }
}
