using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Mlops.Orchestration;

/// <summary>
/// The code that a delegate may reach, as one hash: the module version ids of its assembly and of what that references. Builds are
/// deterministic, so an id changes with the code and only with it; the framework counts by its version.
/// </summary>
internal static class CodeVersion
{
    private static readonly ConcurrentDictionary<Assembly, string> Known = new();

    /// <summary>Null where there are no module version ids: compiled ahead of time.</summary>
    public static string? Of(Delegate code) =>
        RuntimeFeature.IsDynamicCodeSupported ? Known.GetOrAdd(code.Method.Module.Assembly, static assembly => Compute(assembly)) : null;

    private static string Compute(Assembly root)
    {
        var parts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Queue<Assembly> open = new([root]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            if (!parts.TryAdd(assembly.GetName().Name ?? "", assembly.ManifestModule.ModuleVersionId.ToString("N")))
            {
                continue;
            }

            foreach (AssemblyName reference in References(assembly))
            {
                if (IsFramework(reference.Name ?? "") || TryLoad(reference) is not { } loaded)
                {
                    parts.TryAdd(reference.Name ?? "", reference.Version?.ToString() ?? "");
                }
                else
                {
                    open.Enqueue(loaded);
                }
            }
        }

        string text = string.Join('\n', parts.Select(static part => $"{part.Key} {part.Value}"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What trimming removed cannot run, so its version does not matter.")]
    private static AssemblyName[] References(Assembly assembly) => assembly.GetReferencedAssemblies();

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            // Referenced, but not shipped: it cannot run either.
            return null;
        }
    }

    private static bool IsFramework(string name) =>
        name is "System" or "netstandard" or "mscorlib"
        || name.StartsWith("System.", StringComparison.Ordinal)
        || name.StartsWith("Microsoft.", StringComparison.Ordinal);
}
