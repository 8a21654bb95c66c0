using System.Diagnostics;
using System.Globalization;

namespace Mlops.Tracking;

/// <summary>Logs what the process uses, at each interval and once more when the run ends.</summary>
internal sealed class SystemMetricsRecording : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Run _run;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _last;
    private TimeSpan _lastProcessorTime;
    private long _tick;
    private bool _isStopped;

    public SystemMetricsRecording(Run run, TimeSpan interval, TimeProvider time)
    {
        _run = run;
        _time = time;
        _last = time.GetTimestamp();
        _lastProcessorTime = ProcessorTime();
        _timer = time.CreateTimer(static state => ((SystemMetricsRecording)state!).Sample(), this, interval, interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        Sample();
        lock (_gate)
        {
            _isStopped = true;
        }
    }

    private void Sample()
    {
        lock (_gate)
        {
            TimeSpan elapsed = _time.GetElapsedTime(_last);
            if (_isStopped || elapsed <= TimeSpan.Zero)
            {
                return;
            }

            TimeSpan processorTime = ProcessorTime();
            double share = (processorTime - _lastProcessorTime) / (elapsed * Environment.ProcessorCount);
            _last = _time.GetTimestamp();
            _lastProcessorTime = processorTime;
            try
            {
                Log(100 * Math.Min(share, 1), _time.GetUtcNow(), ++_tick);
            }
            catch (RunEndedException)
            {
                // It ended while the timer was on its way.
            }
        }
    }

    private void Log(double utilization, DateTimeOffset now, long step)
    {
        _run.LogMetric("system/cpu_utilization", utilization, step, now);
        _run.LogMetric("system/memory_working_set", Environment.WorkingSet, step, now);
        _run.LogMetric("system/gc_heap", GC.GetTotalMemory(forceFullCollection: false), step, now);
        using (Process process = Process.GetCurrentProcess())
        {
            _run.LogMetric("system/threads", process.Threads.Count, step, now);
        }

        if (ReadDisk() is { } disk)
        {
            _run.LogMetric("system/disk_read", disk.Read, step, now);
            _run.LogMetric("system/disk_written", disk.Written, step, now);
        }
    }

    private static TimeSpan ProcessorTime() => Environment.CpuUsage.TotalTime;

    /// <summary>Bytes that went to and came from a disk since the process began; null where the system does not tell.</summary>
    private static (long Read, long Written)? ReadDisk()
    {
        const string Path = "/proc/self/io";
        try
        {
            string[] lines = File.Exists(Path) ? File.ReadAllLines(Path) : [];
            return Find(lines, "read_bytes:") is { } read && Find(lines, "write_bytes:") is { } written ? (read, written) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long? Find(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line ? long.Parse(line.AsSpan(name.Length), CultureInfo.InvariantCulture) : null;
}
