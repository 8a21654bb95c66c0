using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>How a run is started.</summary>
public sealed record StartOptions
{
    /// <summary>
    /// Unique per pipeline: a second start with the same key returns the first run, whatever its parameters. Null starts a new run every time.
    /// At most 200 characters.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>What the stored run survives. Default <see cref="Durability.Process"/>.</summary>
    public Durability Durability { get; init; } = Durability.Process;
}
