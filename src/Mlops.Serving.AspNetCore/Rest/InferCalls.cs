using System.Collections.Concurrent;

namespace Mlops.Serving.AspNetCore;

/// <summary>Calls that are over, for the next ones. Thread-safe.</summary>
internal sealed class InferCalls(InferenceOptions options)
{
    // What a long request left behind is not kept for good.
    private const int LongestKept = 256 * 1_024;
    private static readonly int MostKept = 16 * Environment.ProcessorCount;
    private readonly ConcurrentQueue<InferCall> _spares = new();

    public InferCall Take() => _spares.TryDequeue(out InferCall? spare) ? spare : new InferCall(options);

    /// <summary>Gives a call back that nothing uses any more.</summary>
    /// <param name="call">The call.</param>
    /// <param name="bodyBytes">Length of its request.</param>
    public void Keep(InferCall call, int bodyBytes)
    {
        if (bodyBytes > LongestKept || call.Text.Length > LongestKept || _spares.Count >= MostKept)
            return;
        call.Clear();
        _spares.Enqueue(call);
    }
}
