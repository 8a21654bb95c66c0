using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>
/// The code that a delegate may reach, as one hash: the module version ids of its assembly and of what that references. Builds are
/// deterministic, so an id changes with the code and only with it; an installed framework counts by the versions of its assemblies.
/// </summary>
internal static class CodeVersion
{
    private static readonly ConcurrentDictionary<Assembly, string> Known = new();

    private static readonly string? Frameworks = FindFrameworks(Locate(typeof(object).Assembly));

    /// <summary>Null where there are no module version ids: compiled ahead of time.</summary>
    public static string? Of(Delegate code) =>
        RuntimeFeature.IsDynamicCodeSupported ? Known.GetOrAdd(code.Method.Module.Assembly, static assembly => Compute(assembly)) : null;

    /// <summary>
    /// The folder of all shared frameworks, <c>shared/</c> of <c>shared/Microsoft.NETCore.App/10.0.0/System.Private.CoreLib.dll</c>. Null where the
    /// runtime lies among the application's own files or is part of its program: then nothing but an id tells its code from other code.
    /// </summary>
    internal static string? FindFrameworks(string coreLibrary)
    {
        string? runtime = Path.GetDirectoryName(Path.GetDirectoryName(coreLibrary));
        string? frameworks = Path.GetDirectoryName(runtime);
        return Path.GetFileName(runtime) == "Microsoft.NETCore.App" && Path.GetFileName(frameworks) == "shared" ? frameworks + Path.DirectorySeparatorChar : null;
    }

    /// <summary>By where it lies, never by its name: packages and applications are called Microsoft.* and System.* too.</summary>
    internal static bool IsFramework(Assembly assembly) => Frameworks is not null && Locate(assembly).StartsWith(Frameworks, StringComparison.Ordinal);

    private static string Compute(Assembly root)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Queue<Assembly> open = new([root]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            AssemblyName name = assembly.GetName();
            bool isFramework = IsFramework(assembly);
            if (!parts.TryAdd(name.Name ?? "", isFramework ? Text(name.Version) : assembly.ManifestModule.ModuleVersionId.ToString("N")) || isFramework)
            {
                continue;
            }

            foreach (AssemblyName reference in References(assembly).Where(reference => !parts.ContainsKey(reference.Name ?? "")))
            {
                if (TryLoad(assembly, reference) is { } loaded)
                {
                    open.Enqueue(loaded);
                }
                else
                {
                    parts.TryAdd(reference.Name ?? "", Text(reference.Version));
                }
            }
        }

        string text = string.Join('\n', parts.Select(static part => $"{part.Key} {part.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static string Text(Version? version) => version?.ToString() ?? "";

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What trimming removed cannot run, so its version does not matter.")]
    private static AssemblyName[] References(Assembly assembly) => assembly.GetReferencedAssemblies();

    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "What is part of a single file has no location, and counts by its id.")]
    private static string Locate(Assembly assembly) => assembly.Location;

    /// <summary>As the assembly itself finds it: a plugin's references may be known to its own context alone.</summary>
    private static Assembly? TryLoad(Assembly assembly, AssemblyName name)
    {
        try
        {
            return (AssemblyLoadContext.GetLoadContext(assembly) ?? AssemblyLoadContext.Default).LoadFromAssemblyName(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            // Referenced, but not shipped: it cannot run either.
            return null;
        }
    }
}
