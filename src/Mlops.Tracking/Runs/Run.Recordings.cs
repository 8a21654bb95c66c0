using System.Diagnostics;

namespace Mlops.Tracking;

public sealed partial class Run
{
    private readonly List<IDisposable> _recordings = [];

    /// <summary>
    /// Logs what the instruments of a meter of this process measure, as metrics of this run: counters as sums since the beginning of the
    /// recording, histograms as <c>/count</c>, <c>/mean</c>, <c>/min</c> and <c>/max</c> of each interval, gauges and observable
    /// instruments as they stand. The step is the number of the interval, from 1; the key is the instrument's name followed by its tags,
    /// <c>requests/route:_home/status:200</c>, where what a key may not hold has become <c>_</c>.
    /// </summary>
    /// <remarks>Costs the measuring thread some ten nanoseconds, and no allocation once a series is known.</remarks>
    /// <param name="meterName">The meter's name; it need not exist yet.</param>
    /// <param name="options">Interval, instruments and the most series; null for the defaults.</param>
    /// <returns>What to dispose to stop earlier than the run ends.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="RunEndedException">The run has ended.</exception>
    public MeterRecording RecordMeter(string meterName, MeterRecordingOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(meterName);
        options ??= new MeterRecordingOptions();
        MeterRecordingOptions.Require(options);
        RequireRunning();
        var recording = new MeterRecording(this, meterName, options, _environment.Time, _environment.Telemetry, _environment.Logger);
        Keep(recording);
        return recording;
    }

    /// <summary>The run as an activity, where anybody listens.</summary>
    internal Activity? Activity => _activity;

    /// <summary>Completes when everything logged so far is stored or lost; a flush still says which.</summary>
    internal Task DrainAsync() => _writer.DrainAsync();

    /// <summary>Logs what the process uses, until the run ends.</summary>
    internal void RecordSystem(TimeSpan interval) =>
        Keep(new SystemMetricsRecording(this, interval, _environment.Time, _environment.Telemetry, _environment.Logger));

    private void Keep(IDisposable recording)
    {
        lock (_recordings)
        {
            if (Status == RunStatus.Running)
            {
                _recordings.Add(recording);
                return;
            }
        }

        recording.Dispose();
    }

    /// <summary>Before the end is taken, so that the last interval is logged.</summary>
    private void StopRecordings()
    {
        IDisposable[] recordings;
        lock (_recordings)
        {
            recordings = [.. _recordings];
            _recordings.Clear();
        }

        foreach (IDisposable recording in recordings)
        {
            recording.Dispose();
        }
    }
}
