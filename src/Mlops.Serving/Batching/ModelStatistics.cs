namespace Mlops.Serving;

/// <summary>What one version has done since it was loaded. A snapshot; runs under way may be half counted.</summary>
public sealed record ModelStatistics
{
    internal ModelStatistics()
    {
    }

    /// <summary>The version.</summary>
    public required ServedVersion Version { get; init; }

    /// <summary>Its role among those deployed.</summary>
    public required string Variant { get; init; }

    /// <summary>Rows computed.</summary>
    public required long InferenceCount { get; init; }

    /// <summary>Runs, each of one or more rows.</summary>
    public required long ExecutionCount { get; init; }

    /// <summary>When the last run ended; <c>null</c> before the first.</summary>
    public required DateTimeOffset? LastInference { get; init; }

    /// <summary>Calls that were answered, from the start of their run, or from when they began to wait.</summary>
    public required DurationStatistics Success { get; init; }

    /// <summary>Calls that failed, were refused or given up, but for those whose inputs did not fit.</summary>
    public required DurationStatistics Fail { get; init; }

    /// <summary>Answered calls that waited, and how long until their run began.</summary>
    public required DurationStatistics Queue { get; init; }

    /// <summary>Copying of inputs, by run.</summary>
    public required DurationStatistics ComputeInput { get; init; }

    /// <summary>Time in the runtime, by run.</summary>
    public required DurationStatistics ComputeInfer { get; init; }

    /// <summary>Copying of outputs, by run.</summary>
    public required DurationStatistics ComputeOutput { get; init; }

    /// <summary>Runs by their rows, fewest first; sizes beyond 128 are rounded up to a power of two.</summary>
    public required IReadOnlyList<BatchSizeStatistics> BatchSizes { get; init; }
}

/// <summary>How often something was done and how long that took in all.</summary>
/// <param name="Count">How often.</param>
/// <param name="TotalNanoseconds">In all, in nanoseconds.</param>
public readonly record struct DurationStatistics(long Count, long TotalNanoseconds);

/// <summary>Runs of one size.</summary>
/// <param name="Rows">Rows of each.</param>
/// <param name="Count">How many.</param>
/// <param name="TotalNanoseconds">Time in the runtime of all, in nanoseconds.</param>
public readonly record struct BatchSizeStatistics(int Rows, long Count, long TotalNanoseconds);
