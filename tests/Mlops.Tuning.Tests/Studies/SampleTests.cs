using System.Diagnostics;

namespace Mlops.Tuning.Tests;

[NonParallelizable]
public sealed class SampleTests
{
    [Test]
    public async Task Two_processes_finish_the_study_of_the_sample_although_one_is_killed()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        try
        {
            string first = await RunAsync(folder, "24");
            string second = await RunAsync(folder, "30");

            Assert.That(first, Does.Contain("Killing process").And.Contain("best: trial").And.Contain("rate"));
            Assert.That(second, Does.Contain("24 trials are there from an earlier run"));
            Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, "study.html")), Does.Contain("<h2>Learning curves</h2>"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RunAsync(string folder, string trials)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true };
        foreach (string argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "TuneOverProcesses.dll"), "--folder", folder, "--trials", trials })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }
}
