using System.Diagnostics;
using System.Text;

namespace Mlops.Tracking.Tests.Surroundings;

/// <summary>Secrets in all places that surround a process, and then a look at every byte it left behind.</summary>
public sealed class CanaryTests
{
    private const string Canary = "c4n4ry";

    [Test]
    public async Task No_secret_around_a_process_reaches_the_database_the_logs_or_the_activities()
    {
        string folder = Directory.CreateTempSubdirectory("mlops-canary-").FullName;
        try
        {
            string checkout = Path.Combine(folder, $"home-{Canary}");
            string stored = Path.Combine(folder, "stored");
            Directory.CreateDirectory(stored);
            Directory.CreateDirectory(Path.Combine(checkout, ".git"));
            await File.WriteAllTextAsync(Path.Combine(checkout, ".git", "HEAD"), "ref: refs/heads/trunk\n");
            await File.WriteAllTextAsync(
                Path.Combine(checkout, ".git", "config"),
                $"[user]\nname = {Canary}\n[remote \"origin\"]\nurl = https://{Canary}:{Canary}@example.org/a.git?token={Canary}\n");

            string output = await RunAsync(checkout, stored);

            Assert.That(output, Does.Contain("repository https://example.org/a.git branch trunk options --password -p"), "the process has looked");
            Assert.That(output, Does.Not.Contain(Canary));
            foreach (string file in Directory.EnumerateFiles(stored, "*", SearchOption.AllDirectories))
            {
                byte[] bytes = await File.ReadAllBytesAsync(file);
                Assert.That(bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Canary)), Is.Negative, file);
                Assert.That(bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(Canary)), Is.Negative, file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string> RunAsync(string checkout, string stored)
    {
        string assembly = typeof(CanaryTests).Assembly.Location;
        var start = new ProcessStartInfo(
            "dotnet", ["exec", assembly, CanaryWorker.Verb, stored, $"--password={Canary}", "--password", Canary, $"-p{Canary}", Canary])
        {
            WorkingDirectory = checkout,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MLOPS_SECRET"] = Canary;
        start.Environment["USER"] = Canary;
        start.Environment["HOME"] = checkout;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        return output + await error;
    }
}
