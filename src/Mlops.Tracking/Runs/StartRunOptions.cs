using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>What may be said of a run when it starts.</summary>
public sealed class StartRunOptions
{
    /// <summary>A name for people, 1 to 250 characters, not unique; null for <c>run-</c> and the last digits of the id.</summary>
    public string? Name { get; set; }

    /// <summary>The id of the run that this one belongs to; null for none.</summary>
    public string? ParentId { get; set; }

    /// <summary>When it began, for what is recorded afterwards; null for now.</summary>
    public DateTimeOffset? StartTime { get; set; }

    /// <summary>Tags set together with the start; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; set; }

    /// <summary>What the run's random numbers are drawn from, logged as parameter <c>seed</c>; null for nothing to log.</summary>
    public long? Seed { get; set; }

    /// <summary>
    /// Makes the start repeatable: a second start with the same key, from any process, gives a handle on the first run, whatever
    /// name, tags and parent are. Unique among all runs of the database: for another experiment it is an <see cref="IdempotencyConflictException"/>. Null for a
    /// run of its own.
    /// </summary>
    public string? IdempotencyKey { get; set; }
}
