using System.Diagnostics;
using System.Globalization;
using Mlops.Serving;

namespace Mlops.Benchmarks.Serving;

/// <summary>What it costs to choose a version by a key, and to take a call as evidence: verb <c>routing</c>. One thread; the fastest of the rounds.</summary>
public static class RoutingTime
{
    private const int Calls = 200_000;
    private const int Rounds = 25;

    /// <summary>Prints the table.</summary>
    public static void Run()
    {
        Console.WriteLine("| what | ns per call | B per call |");
        Console.WriteLine("|---|---:|---:|");
        var split = new Split(salt: 42, share: 0.05);
        foreach (int length in (int[])[8, 36, 128])
        {
            string[] keys = [.. Enumerable.Range(0, 1024).Select(i => i.ToString(CultureInfo.InvariantCulture).PadLeft(length, 'u'))];
            Measure($"key of {length} characters", i => split.Takes(split.Hash(keys[i & 1023])) ? 1 : 0);
        }

        Measure("no key", _ => split.TakesByChance() ? 1 : 0);
        var evidence = new RolloutEvidence(new RolloutOptions(), TimeProvider.System, default);
        Measure("evidence of a key that was counted", i =>
        {
            ulong key = Split.Mix((ulong)(i & 1023) + 1);
            evidence.OnAnswer(key, key < ulong.MaxValue / 20, 0.05, new RunTime(100, 1, i + 1), default, predicted: null);
            return 0;
        });
    }

    private static void Measure(string name, Func<int, int> call)
    {
        double fastest = double.MaxValue;
        long bytes = 0, sum = 0;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
            for (int i = 0; i < Calls; i++)
                sum += call(i);
            fastest = Math.Min(fastest, Stopwatch.GetElapsedTime(started).TotalNanoseconds / Calls);
            bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {fastest:F1} | {bytes / (double)Calls:F2} |"));
        GC.KeepAlive(sum);
    }
}
