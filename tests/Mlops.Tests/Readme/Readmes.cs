namespace Mlops.Tests.Readme;

/// <summary>The READMEs and their examples in the source tree.</summary>
internal static class Readmes
{
    public static string Root { get; } = FindRoot();

    public static IEnumerable<string> All => Directory.GetDirectories(Path.Combine(Root, "src"))
        .Select(static folder => $"src/{Path.GetFileName(folder)}/README.md")
        .Order(StringComparer.Ordinal)
        .Prepend("README.md");

    public static string Read(string readme) => File.ReadAllText(Path.Combine(Root, readme)).ReplaceLineEndings("\n");

    /// <summary>The C# blocks of a README, without indentation and blank lines.</summary>
    public static List<string> SnippetsOf(string readme) =>
        [.. Blocks(Read(readme).Split('\n'), static line => line == "```csharp", static line => line == "```")];

    /// <summary>What each example says the README shows, by file.</summary>
    public static Dictionary<string, string> Examples() =>
        Directory.GetFiles(Path.Combine(Root, "tests/Mlops.Tests/Readme"), "*Example.cs", SearchOption.AllDirectories)
            .Where(static file => Path.GetFileName(file) != "ReadmeExample.cs")
            .ToDictionary(
                static file => Path.GetFileName(file),
                static file => string.Concat(Blocks(
                    File.ReadAllLines(file), static line => line.Trim() == "// readme: begin", static line => line.Trim() == "// readme: end")));

    private static IEnumerable<string> Blocks(IEnumerable<string> lines, Func<string, bool> begins, Func<string, bool> ends)
    {
        List<string>? block = null;
        foreach (string line in lines)
        {
            if (block is null)
            {
                if (begins(line))
                    block = [];
            }
            else if (ends(line))
            {
                yield return string.Concat(block);
                block = null;
            }
            else if (!string.IsNullOrWhiteSpace(line))
            {
                block.Add(line.Trim() + "\n");
            }
        }

        if (block is not null)
            throw new InvalidDataException($"A block is not closed; it begins with {block.FirstOrDefault()}");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlops.Libraries.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Mlops.Libraries.sln.");
    }
}
