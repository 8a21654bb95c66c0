using System.Collections.Concurrent;

namespace Mlops.Serving;

/// <summary>Versions, by model and digest, that failed in service and are not put back by themselves. Thread-safe.</summary>
internal sealed class Quarantine
{
    private readonly ConcurrentDictionary<(string Model, string Digest), string> _reasons = new();

    public void Add(string model, string digest, string reason) => _reasons.TryAdd((model, digest), reason);

    /// <summary>Why it was taken out of service; <c>null</c> when it was not.</summary>
    public string? Find(string model, string digest) => _reasons.GetValueOrDefault((model, digest));
}
