namespace Mlops.Orchestration;

/// <summary>
/// What the result of a step depends on beside its inputs. A later attempt of the step, in any run of the pipeline, with the same code,
/// parameters, inputs and environment takes over the result instead of running.
/// </summary>
public sealed record CachePolicy
{
    /// <summary>
    /// Names the code of the step; change it with the code. Null for the module version ids of the assembly that holds the step's delegate and
    /// of all it references outside of the framework, so that any change of their code counts. Needed in applications compiled ahead of time,
    /// and where a step calls code that only a container knows.
    /// </summary>
    public string? Version { get; init; }

    /// <summary>Whether the step reads the run's parameters. Default true; false shares results between runs of other parameters.</summary>
    public bool UsesParameters { get; init; } = true;

    /// <summary>What else the result depends on, by name: a seed, the hash of a vocabulary, a driver's version. Only hashes of the values are stored.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long a result may be taken over after it was made; null for ever.</summary>
    public TimeSpan? Lifetime { get; init; }
}
