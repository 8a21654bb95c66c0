namespace Mlops.Tracking;

/// <summary>
/// The surroundings of a run's process. A list of what is kept, and nothing else ever is: no environment variables, no names of users or
/// machines, no paths, no values of command-line options.
/// </summary>
public sealed record RunEnvironment
{
    /// <summary>The commit that the working folder is at; null outside of a git repository and before the first commit.</summary>
    public string? GitCommit { get; init; }

    /// <summary>The branch, without <c>refs/heads/</c>; null when none is checked out.</summary>
    public string? GitBranch { get; init; }

    /// <summary>Whether the working folder differs from the commit, new files included; null when git is not installed or did not answer in 2 s.</summary>
    public bool? IsDirty { get; init; }

    /// <summary>Where the repository is fetched from, without user name, password and query; null when that is a local path.</summary>
    public string? Repository { get; init; }

    /// <summary>The name of the program; null when it was not started from a managed one.</summary>
    public string? EntryAssembly { get; init; }

    /// <summary>What was loaded when the process's first run had started, the framework's own left out; by name.</summary>
    public required IReadOnlyList<LoadedAssembly> Assemblies { get; init; }

    /// <summary>For example <c>.NET 10.0.1</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>For example <c>Debian GNU/Linux 12 (bookworm)</c>.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>That of the process, for example <c>X64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The processor's name; null where the system does not tell.</summary>
    public string? Processor { get; init; }

    /// <summary>Processors that the process may use.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>Memory that the process may use, in bytes; the limit of a container where there is one.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>
    /// The names of the options on the command line, for example <c>--epochs</c>, without their values; null unless
    /// <see cref="TrackingOptions.CaptureCommandLine"/>.
    /// </summary>
    public IReadOnlyList<string>? CommandLineOptions { get; init; }
}
