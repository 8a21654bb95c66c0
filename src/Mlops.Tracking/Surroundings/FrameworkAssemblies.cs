namespace Mlops.Tracking;

/// <summary>Which assemblies belong to the framework, whose version the runtime's stands for.</summary>
internal static class FrameworkAssemblies
{
    // Where the host says what it has found, the framework's own are in the folder "shared", and packages called System.* are not.
    private static readonly HashSet<string>? Names = Read(AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string);

    public static bool Contains(string name) =>
        Names?.Contains(name) ?? (name is "System" or "mscorlib" or "netstandard" || name.StartsWith("System.", StringComparison.Ordinal));

    private static HashSet<string>? Read(string? paths)
    {
        char separator = Path.DirectorySeparatorChar;
        string shared = $"{separator}shared{separator}Microsoft.";
        HashSet<string> names = new(
            (paths ?? "").Split(Path.PathSeparator)
                .Where(path => path.Contains(shared, StringComparison.Ordinal))
                .Select(static path => Path.GetFileNameWithoutExtension(path)),
            StringComparer.OrdinalIgnoreCase);
        return names.Count == 0 ? null : names;
    }
}
