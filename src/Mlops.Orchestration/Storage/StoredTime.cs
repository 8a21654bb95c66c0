namespace Mlops.Orchestration;

/// <summary>Microseconds since 1970-01-01 UTC, as every time column holds them.</summary>
internal static class StoredTime
{
    public static DateTimeOffset ToTime(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
