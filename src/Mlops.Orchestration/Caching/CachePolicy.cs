namespace Mlops.Orchestration;

/// <summary>
/// What the result of a step depends on beside its inputs. A later attempt of the step, in any run of the pipeline, with the same code,
/// parameters, inputs and environment takes over the result instead of running.
/// </summary>
public sealed record CachePolicy
{
    /// <summary>
    /// Names the code of the step; change it with the code. Null for the module version ids of the assembly that holds the step's delegate and
    /// of all it references, whatever their names, so that any change of their code counts; assemblies of an installed shared framework
    /// (.NET, ASP.NET Core) count by their assembly version, which servicing updates keep. Needed in applications compiled ahead of time, and
    /// where a step calls code that only a container knows.
    /// </summary>
    public string? Version { get; init; }

    /// <summary>
    /// Whether the step reads its parameters: the run's, or in a pipeline that another takes in those that it is given. Default true; false
    /// shares results between runs of other parameters.
    /// </summary>
    public bool UsesParameters { get; init; } = true;

    /// <summary>
    /// What else the result depends on, by name: a seed, the hash of a vocabulary, a driver's version. Stored is the unsalted SHA-256 of each
    /// value, from which a short or likely one can be guessed: give the version of a secret, never the secret.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long a result may be taken over after it was made; null for ever.</summary>
    public TimeSpan? Lifetime { get; init; }
}
