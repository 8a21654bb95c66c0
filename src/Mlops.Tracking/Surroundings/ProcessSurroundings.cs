using System.Reflection;
using System.Runtime.InteropServices;

namespace Mlops.Tracking;

/// <summary>Looks at this process.</summary>
internal static class ProcessSurroundings
{
    private static readonly Lazy<Task<RunEnvironment>> OfThisProcess = new(static () => Task.Run(() => CaptureAsync(Environment.CurrentDirectory)));

    /// <summary>As it was at the first call.</summary>
    public static Task<RunEnvironment> FindAsync() => OfThisProcess.Value;

    /// <param name="folder">The working folder.</param>
    public static async Task<RunEnvironment> CaptureAsync(string folder)
    {
        GitCheckout? git = GitCheckout.Find(folder);
        return new RunEnvironment
        {
            GitCommit = git?.Commit,
            GitBranch = git?.Branch,
            IsDirty = git is null ? null : await git.IsDirtyAsync().ConfigureAwait(false),
            Repository = git?.Remote is { } remote ? RepositoryUrl.Clean(remote) : null,
            EntryAssembly = Assembly.GetEntryAssembly()?.GetName().Name,
            Assemblies = ListAssemblies(),
            Runtime = RuntimeInformation.FrameworkDescription,
            OperatingSystem = RuntimeInformation.OSDescription,
            Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
            Processor = FindProcessor(),
            ProcessorCount = Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };
    }

    private static LoadedAssembly[] ListAssemblies() =>
    [
        .. AppDomain.CurrentDomain.GetAssemblies()
            .Where(static assembly => !assembly.IsDynamic && assembly.GetName().Name is { } name && !FrameworkAssemblies.Contains(name))
            .Select(static assembly => new LoadedAssembly(assembly.GetName().Name!, VersionOf(assembly), assembly.ManifestModule.ModuleVersionId))
            .Distinct()
            .OrderBy(static assembly => assembly.Name, StringComparer.Ordinal)
            .ThenBy(static assembly => assembly.ModuleVersionId),
    ];

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString() ?? "";

    private static string? FindProcessor()
    {
        const string Path = "/proc/cpuinfo";
        try
        {
            return File.Exists(Path)
                ? File.ReadLines(Path).FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
