using System.Diagnostics;

namespace Mlops.Serving;

/// <summary>Measures by how much the process has grown at most since it was made, by looking every few milliseconds.</summary>
internal sealed class MemoryGauge : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private readonly long _before = Environment.WorkingSet;
    private readonly long _peakBefore = Peak();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _highest;

    public MemoryGauge()
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = "Mlops.Serving memory gauge" };
        _thread.Start();
    }

    /// <summary>Most bytes added so far.</summary>
    public long Growth
    {
        get
        {
            Look();
            long peak = Peak();   // which tells nothing as long as an older peak is higher
            return Math.Max(Volatile.Read(ref _highest), peak > _peakBefore ? peak : 0) - _before;
        }
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Watch()
    {
        while (!_stop.Wait(Interval))
            Look();
    }

    private void Look()
    {
        long now = Environment.WorkingSet;
        long seen = Volatile.Read(ref _highest);
        while (now > seen && Interlocked.CompareExchange(ref _highest, now, seen) is var other && other != seen)
            seen = other;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
