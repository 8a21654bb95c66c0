namespace Mlops.Tracking;

/// <summary>
/// Data that a run read. The same name and digest in one experiment are one dataset, whose first description stands; which run read
/// it in which context is kept for each.
/// </summary>
/// <param name="Name">What people call it, 1 to 500 characters.</param>
/// <param name="Digest">What tells its state from others, for example the start of a hash, 1 to 36 characters.</param>
public sealed record DatasetInput(string Name, string Digest)
{
    /// <summary>Where it came from, at most 65 535 characters; never opened. User names and passwords in it are not stored.</summary>
    public string? Uri { get; init; }

    /// <summary>What kind of place that is, for example <c>http</c> or <c>local</c>, at most 36 characters.</summary>
    public string? UriType { get; init; }

    /// <summary>Its columns, in any form, at most 65 535 characters.</summary>
    public string? Schema { get; init; }

    /// <summary>Its statistics, in any form, at most 16 777 215 characters.</summary>
    public string? Profile { get; init; }

    /// <summary>How many rows it has, not negative; null when that is not known.</summary>
    public long? Rows { get; init; }

    /// <summary>What the run read it for, for example <c>train</c>, at most 500 characters.</summary>
    public string? Context { get; init; }

    /// <summary>Facts about this use of it: keys of 1 to 255 and values of at most 500 characters; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; init; }
}
