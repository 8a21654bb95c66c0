using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>Logs what the process uses, at each interval and once more when the run ends.</summary>
internal sealed class SystemMetricsRecording : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Run _run;
    private readonly TimeProvider _time;
    private readonly TrackingTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private long _last;
    private TimeSpan _lastProcessorTime;
    private long _tick;
    private bool _hasFailed;
    private bool _isStopped;

    public SystemMetricsRecording(Run run, TimeSpan interval, TimeProvider time, TrackingTelemetry telemetry, ILogger logger)
    {
        _run = run;
        _time = time;
        _telemetry = telemetry;
        _logger = logger;
        _last = time.GetTimestamp();
        _lastProcessorTime = ProcessorTime();
        _timer = time.CreateTimer(static state => ((SystemMetricsRecording)state!).TrySample(), this, interval, interval);
    }

    public void Dispose()
    {
        _timer.Dispose();
        TrySample();
        lock (_gate)
        {
            _isStopped = true;
        }
    }

    /// <summary>Never throws: on the timer that would end the process, and at the end of the run hide how it ended.</summary>
    private void TrySample()
    {
        lock (_gate)
        {
            try
            {
                if (!_isStopped)
                {
                    Sample();
                }
            }
            catch (RunEndedException)
            {
                // It ended while the timer was on its way.
            }
            catch (Exception exception)
            {
                _telemetry.RecordingFailed();
                if (!_hasFailed)
                {
                    _hasFailed = true;
                    _logger.SampleFailed(exception, _run.Id);
                }
            }
        }
    }

    private void Sample()
    {
        TimeSpan elapsed = _time.GetElapsedTime(_last);
        if (elapsed <= TimeSpan.Zero)
        {
            return;
        }

        TimeSpan processorTime = ProcessorTime();
        double share = (processorTime - _lastProcessorTime) / (elapsed * Environment.ProcessorCount);
        _last = _time.GetTimestamp();
        _lastProcessorTime = processorTime;
        Log(100 * Math.Min(share, 1), _time.GetUtcNow(), ++_tick);
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
