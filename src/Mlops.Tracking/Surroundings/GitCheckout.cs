using System.Diagnostics;

namespace Mlops.Tracking;

/// <summary>What a git working folder says about itself, read from its files: git need not be installed.</summary>
/// <param name="Folder">The top of the working folder.</param>
/// <param name="Commit">The commit; null before the first.</param>
/// <param name="Branch">The branch; null when none is checked out.</param>
/// <param name="Remote">The address it is fetched from, as it is configured: it may hold a password.</param>
internal sealed record GitCheckout(string Folder, string? Commit, string? Branch, string? Remote)
{
    private const string BranchPrefix = "refs/heads/";
    private const int LongestChain = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The working folder that a folder lies in; null when there is none or it cannot be read.</summary>
    public static GitCheckout? Find(string folder)
    {
        try
        {
            for (DirectoryInfo? top = new(folder); top is not null; top = top.Parent)
            {
                if (FindGitFolder(top.FullName) is { } git)
                {
                    return Read(top.FullName, git);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException)
        {
            // Unreadable is as good as absent.
        }

        return null;
    }

    /// <summary>Whether anything differs from the commit; null when git is not installed, fails or takes longer than 2 s.</summary>
    public async Task<bool?> IsDirtyAsync()
    {
        if (FindProgram() is not { } program)
        {
            return null;
        }

        var start = new ProcessStartInfo(program, ["--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain"])
        {
            WorkingDirectory = Folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };

        // Set while git runs a hook, and then about another repository.
        foreach (string variable in (string[])["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
        {
            start.Environment.Remove(variable);
        }

        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            using Process process = Process.Start(start)!;
            return await IsDirtyAsync(process, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task<bool?> IsDirtyAsync(Process process, CancellationToken cancellationToken)
    {
        try
        {
            process.BeginErrorReadLine();

            // The first byte decides; the rest are names of files.
            if (await process.StandardOutput.BaseStream.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) > 0)
            {
                return true;
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0 ? false : null;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static GitCheckout Read(string top, string git)
    {
        // A linked working folder keeps its HEAD apart and shares the rest.
        string? common = ReadLine(Path.Combine(git, "commondir"));
        string[] folders = common is null ? [git] : [git, Path.GetFullPath(common, git)];
        string? head = ReadLine(Path.Combine(git, "HEAD"));
        string? reference = ReferenceIn(head);
        return new GitCheckout(
            top,
            Resolve(folders, head, 0),
            reference?.StartsWith(BranchPrefix, StringComparison.Ordinal) == true ? reference[BranchPrefix.Length..] : null,
            FindRemote(Path.Combine(folders[^1], "config")));
    }

    private static string? FindGitFolder(string top)
    {
        string path = Path.Combine(top, ".git");
        if (Directory.Exists(path))
        {
            return path;
        }

        return ReadLine(path) is { } line && line.StartsWith("gitdir:", StringComparison.Ordinal) ? Path.GetFullPath(line["gitdir:".Length..].Trim(), top) : null;
    }

    private static string? Resolve(string[] folders, string? line, int depth)
    {
        if (ReferenceIn(line) is not { } reference)
        {
            return line is { Length: 40 or 64 } && line.All(char.IsAsciiHexDigitLower) ? line : null;
        }

        if (depth == LongestChain || reference.Contains("..", StringComparison.Ordinal))
        {
            return null;
        }

        string? loose = folders.Select(folder => ReadLine(Path.Combine(folder, reference))).FirstOrDefault(static text => text is not null);
        return Resolve(folders, loose ?? FindPacked(Path.Combine(folders[^1], "packed-refs"), reference), depth + 1);
    }

    private static string? ReferenceIn(string? line) =>
        line?.StartsWith("ref: refs/", StringComparison.Ordinal) == true ? line["ref: ".Length..].Trim() : null;

    private static string? FindPacked(string path, string reference) => !File.Exists(path)
        ? null
        : File.ReadLines(path)
            .Where(line => line.EndsWith(reference, StringComparison.Ordinal) && line.IndexOf(' ', StringComparison.Ordinal) == line.Length - reference.Length - 1)
            .Select(static line => line[..line.IndexOf(' ', StringComparison.Ordinal)])
            .FirstOrDefault();

    /// <summary>The address of the remote "origin", else of the first.</summary>
    private static string? FindRemote(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string? first = null;
        string section = "";
        foreach (string text in File.ReadLines(path))
        {
            string line = text.Trim();
            if (line.StartsWith('['))
            {
                section = line;
            }
            else if (section.StartsWith("[remote ", StringComparison.OrdinalIgnoreCase)
                && line.Split('=', 2, StringSplitOptions.TrimEntries) is [string key, string value]
                && key.Equals("url", StringComparison.OrdinalIgnoreCase))
            {
                value = value.Trim('"');
                if (section.Contains("\"origin\"", StringComparison.Ordinal))
                {
                    return value;
                }

                first ??= value;
            }
        }

        return first;
    }

    private static string? ReadLine(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using StreamReader reader = new(path);
        return reader.ReadLine()?.Trim();
    }

    /// <summary>Looked for here, because the system would also take one from the working folder.</summary>
    private static string? FindProgram()
    {
        string name = OperatingSystem.IsWindows() ? "git.exe" : "git";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(Path.IsPathFullyQualified)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
