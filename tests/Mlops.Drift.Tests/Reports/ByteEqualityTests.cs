using System.Diagnostics;
using System.Globalization;

namespace Mlops.Drift.Tests;

/// <summary>The bytes of profiles, reports and monitor states are the same whatever the processor offers and however many of them there are.</summary>
internal sealed class ByteEqualityTests
{
    private static readonly Lazy<Task<string[]>> Plain = new(static () => RunAsync());

    [TestCase("DOTNET_EnableAVX512=0")]
    [TestCase("DOTNET_EnableAVX2=0")]
    [TestCase("DOTNET_PROCESSOR_COUNT=1")]
    [TestCase("DOTNET_PROCESSOR_COUNT=2")]
    [TestCase("DOTNET_EnableHWIntrinsic=0", "DOTNET_PROCESSOR_COUNT=1")]
    public async Task Equal_bytes_in_a_process_with(params string[] settings)
    {
        string[] plain = await Plain.Value, other = await RunAsync(settings);

        Assert.That(other[0], Does.StartWith("process: "));
        foreach (string setting in settings)
        {
            if (setting.StartsWith("DOTNET_PROCESSOR_COUNT=", StringComparison.Ordinal))
                Assert.That(other[0], Does.Contain($": {setting.Split('=')[1]} processors"));
            if (setting == "DOTNET_EnableHWIntrinsic=0")
                Assert.That(other[0], Does.EndWith(", 0 bits"));
        }

        Assert.That(plain, Has.Length.GreaterThan(20));
        Assert.That(other[1..], Is.EqualTo(plain[1..]));
    }

    private static async Task<string[]> RunAsync(params string[] settings)
    {
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet") { RedirectStandardOutput = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(TestWorker.Worker).Assembly.Location);
        foreach (string setting in settings)
            start.Environment[setting.Split('=')[0]] = setting.Split('=')[1];
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, string.Create(CultureInfo.InvariantCulture, $"the process with {string.Join(' ', settings)} failed"));
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
