using System.Text;

namespace Mlops.Orchestration;

/// <summary>Something that a step has read or made.</summary>
/// <param name="Kind">What kind of data it is.</param>
/// <param name="Name">
/// Of a result, the name of the step or group that made it; of data elsewhere, what the step called it; empty for artifacts, which have no name.
/// </param>
/// <param name="Digest">Its content: SHA-256 as 64 lower-case hexadecimal digits, of data elsewhere what the step said. Null where that is not known.</param>
/// <param name="IsOutput">Whether the step made it; otherwise the step read it.</param>
public sealed record StepData(StepDataKind Kind, string Name, string? Digest, bool IsOutput)
{
    internal const int MaximumNameLength = 1_000;

    internal const int MaximumDigestLength = 200;

    /// <summary>What distinguishes it from all else that the step has read or made, in a fixed length.</summary>
    internal string Id => CacheKey.Hash(Encoding.UTF8.GetBytes($"{(IsOutput ? "made" : "read")}\n{Digest}\n{Name}"));
}
