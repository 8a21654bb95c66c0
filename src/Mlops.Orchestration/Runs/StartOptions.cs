using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>How a run is started.</summary>
public sealed record StartOptions
{
    /// <summary>
    /// Unique per pipeline: a second start with the same key returns the first run; one with other parameters or steps is an
    /// <see cref="IdempotencyConflictException"/>. Null starts a new run every time. 1 to 200 characters.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Which runs go first. Default <see cref="RunPriority.Normal"/>.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Normal;

    /// <summary>How steps with a <see cref="CachePolicy"/> use results of earlier runs. Default <see cref="CacheUse.Use"/>.</summary>
    public CacheUse Cache { get; init; }

    /// <summary>The same for single steps and groups, by their names.</summary>
    public IReadOnlyDictionary<string, CacheUse> CacheOfSteps { get; init; } = new Dictionary<string, CacheUse>(StringComparer.Ordinal);

    /// <summary>
    /// Runs only these steps, groups and conditions, and what they need; all others are skipped. Names as <see cref="PipelineGraph.StepNames"/>
    /// has them, at least one. Null runs all.
    /// </summary>
    public IReadOnlyCollection<string>? Only { get; init; }

    /// <summary>What the stored run survives. Default <see cref="Durability.Process"/>.</summary>
    public Durability Durability { get; init; } = Durability.Process;
}
