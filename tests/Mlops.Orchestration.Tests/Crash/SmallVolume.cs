using System.Diagnostics;
using System.Globalization;

namespace Mlops.Orchestration.Tests;

/// <summary>A volume of a few megabytes in memory. Only where this process may mount one; elsewhere the test is ignored.</summary>
internal sealed class SmallVolume : IAsyncDisposable
{
    private readonly string _filler;

    private SmallVolume(string folder)
    {
        Folder = folder;
        _filler = Path.Combine(folder, "filler");
    }

    public string Folder { get; }

    public static SmallVolume Mount(int megabytes, string? owner = null)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            Assert.Ignore("Only root may mount a volume.");
        }

        string folder = Directory.CreateTempSubdirectory("mlops-volume").FullName;
        if (Run("mount", ["-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m"), "mlops-small", folder]) != 0)
        {
            Directory.Delete(folder);
            Assert.Ignore("This machine lets nobody mount a volume.");
        }

        if (owner is not null)
        {
            Assert.That(Run("chown", [owner, folder]), Is.Zero);
        }

        return new SmallVolume(folder);
    }

    /// <summary>Takes what is left.</summary>
    public async Task FillAsync(CancellationToken cancellationToken)
    {
        byte[] block = new byte[4_096];
        try
        {
            await using FileStream filler = new(_filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
            while (true)
            {
                await filler.WriteAsync(block, cancellationToken);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public Task EmptyAsync()
    {
        File.Delete(_filler);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        // Lazily: a server that still has a file open must not keep the folder.
        Run("umount", ["-l", Folder]);
        Directory.Delete(Folder);
        return ValueTask.CompletedTask;
    }

    private static int Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
