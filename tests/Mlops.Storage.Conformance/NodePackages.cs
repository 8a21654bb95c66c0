using System.Diagnostics;
using System.Security.Cryptography;
using NUnit.Framework;

namespace Mlops.Storage.Conformance;

/// <summary>
/// npm packages that tests run under node, by a committed <c>package.json</c> and <c>package-lock.json</c>. They are installed once per
/// lock file below the build's artifacts, without running their scripts. Without node and npm, or without their registry, tests are ignored with
/// the reason, but fail where <c>CI=true</c>.
/// </summary>
public static class NodePackages
{
    private const string Installed = ".installed";

    /// <summary>Installs what the folder's files name, unless it is there, and returns the folder that holds <c>node_modules</c>.</summary>
    /// <param name="source">Where the two files are.</param>
    public static async Task<string> InstallAsync(string source)
    {
        RequireNode();
        byte[] lockFile = await File.ReadAllBytesAsync(Path.Combine(source, "package-lock.json"));
        string folder = Path.Combine(Root(), Convert.ToHexStringLower(SHA256.HashData(lockFile))[..16]);
        Directory.CreateDirectory(folder);

        // Two test processes may want the same packages at once.
        await using FileStream turn = await TakeTurnAsync(folder + ".lock");
        if (!File.Exists(Path.Combine(folder, Installed)))
        {
            foreach (string file in ((string[])["package.json", "package-lock.json", ".npmrc"]).Where(file => File.Exists(Path.Combine(source, file))))
            {
                File.Copy(Path.Combine(source, file), Path.Combine(folder, file), overwrite: true);
            }

            (int code, string said) = await EndAsync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder);
            if (code != 0)
            {
                Miss($"'npm ci' ended with {code}: {said}");
            }

            await File.WriteAllTextAsync(Path.Combine(folder, Installed), "");
        }

        return folder;
    }

    /// <summary>Runs a program to its end; one that fails fails the test with what it said.</summary>
    public static async Task RunAsync(string program, IEnumerable<string> arguments, string folder)
    {
        (int code, string said) = await EndAsync(program, arguments, folder);
        Assert.That(code, Is.Zero, $"{program} ended with {code}: {said}");
    }

    private static async Task<(int Code, string Said)> EndAsync(string program, IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static void RequireNode()
    {
        string[] paths = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!((string[])["node", "npm"]).All(program => paths.Any(path => File.Exists(Path.Combine(path, program)))))
        {
            Miss("node and npm were not found in PATH; install the packages 'nodejs' and 'npm'.");
        }
    }

    private static void Miss(string reason)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            Assert.Fail(reason);
        }

        Assert.Ignore(reason);
    }

    /// <summary>Beside the build's other results, so that a clean removes it.</summary>
    private static string Root() => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "npm"));

    private static async Task<FileStream> TakeTurnAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }
}
