using System.Globalization;
using System.Security.Cryptography;

namespace Mlops.Storage.Conformance;

/// <summary>How often a crash test kills its process: ten times, or as often as the environment variable MLOPS_KILLS says.</summary>
public static class KillCount
{
    /// <summary>The number, at least 1.</summary>
    public static int PerTest { get; } = int.Max(1, int.Parse(Environment.GetEnvironmentVariable("MLOPS_KILLS") ?? "10", CultureInfo.InvariantCulture));

    /// <summary>A seed that is new every time, or what the environment variable MLOPS_SEED says; whoever draws one prints it.</summary>
    public static int DrawSeed() =>
        Environment.GetEnvironmentVariable("MLOPS_SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : RandomNumberGenerator.GetInt32(int.MaxValue);
}
