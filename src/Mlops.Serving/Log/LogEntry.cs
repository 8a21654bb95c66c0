namespace Mlops.Serving;

/// <summary>A prediction that waits to be stored; its numbers are in the ring.</summary>
internal struct LogEntry
{
    public string Model;
    public PredictionId Id;
    public int Row;
    public ServedVersion Version;
    public string Variant;
    public double Propensity;
    public string? RoutingKey;
    public long UtcTicks;
    public TimeSpan Duration;
    public TimeSpan QueueTime;
    public TimeSpan ComputeTime;
    public LogColumns? Columns;
    public int OutputLength;
}
