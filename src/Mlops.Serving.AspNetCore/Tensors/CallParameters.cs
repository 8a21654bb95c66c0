namespace Mlops.Serving.AspNetCore;

/// <summary>Parameters of a request, in the protocol's units, as a call takes them.</summary>
internal static class CallParameters
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The time of a call from microseconds; <c>null</c> for 0, which asks for the model's own.</summary>
    public static TimeSpan? ToTimeout(ulong microseconds) => microseconds == 0
        ? null
        : TimeSpan.FromTicks((long)Math.Min(microseconds, (ulong)Longest.Ticks / TimeSpan.TicksPerMicrosecond) * TimeSpan.TicksPerMicrosecond);

    /// <summary>The priority from the protocol's levels: 1 is the highest, 0 asks for the default.</summary>
    public static PredictionPriority ToPriority(ulong level) => level switch
    {
        1 => PredictionPriority.High,
        0 or 2 => PredictionPriority.Normal,
        _ => PredictionPriority.Low,
    };
}
