using System.Globalization;
using System.Runtime.Intrinsics;
using Mlops.Drift.TestWorker;

// Prints what the process may use, then the digest of every byte that a profile and its reports have: equal lines in every process.
int widest = Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"process: {Environment.ProcessorCount} processors, {widest} bits"));
await foreach ((string name, string digest) in SeededReports.DigestsAsync())
    Console.WriteLine($"{name}: {digest}");

namespace Mlops.Drift.TestWorker
{
    /// <summary>Names this assembly.</summary>
    public static class Worker;
}
