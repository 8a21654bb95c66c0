using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Mlops.Tracking;

/// <summary>
/// Logs the measurements of a meter into a run at each interval, until it is disposed or the run ends; both log the last, shorter
/// interval. From <see cref="Run.RecordMeter"/>.
/// </summary>
public sealed class MeterRecording : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Run _run;
    private readonly TimeProvider _time;
    private readonly TrackingTelemetry _telemetry;
    private readonly ILogger _logger;
    private readonly string _meter;
    private readonly SeriesTable _table;
    private readonly ConcurrentDictionary<(string Name, SeriesKind Kind), RecordedInstrument> _instruments = new();
    private readonly MeterListener _listener = new();
    private readonly ITimer _timer;
    private long _tick;
    private bool _hasFailed;
    private bool _hasTickFailed;
    private bool _isStopped;

    internal MeterRecording(Run run, string meter, MeterRecordingOptions options, TimeProvider time, TrackingTelemetry telemetry, ILogger logger)
    {
        _run = run;
        _meter = meter;
        _time = time;
        _telemetry = telemetry;
        _logger = logger;
        _table = new SeriesTable(options.MaximumSeries, () => _logger.TooManySeries(_meter, _run.Id, options.MaximumSeries));
        HashSet<string>? chosen = options.Instruments is null ? null : new(options.Instruments, StringComparer.Ordinal);
        int maximumSeries = options.MaximumSeries;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter && chosen?.Contains(instrument.Name) != false)
            {
                SeriesKind kind = SeriesKinds.Of(instrument);
                listener.EnableMeasurementEvents(
                    instrument, _instruments.GetOrAdd((instrument.Name, kind), key => new RecordedInstrument(_table, key.Name, key.Kind, maximumSeries)));
            }
        };
        Listen<byte>(static value => value);
        Listen<short>(static value => value);
        Listen<int>(static value => value);
        Listen<long>(static value => value);
        Listen<float>(static value => value);
        Listen<double>(static value => value);
        Listen<decimal>(static value => (double)value);
        _listener.Start();
        _timer = time.CreateTimer(static state => ((MeterRecording)state!).TryTick(), this, options.Interval, options.Interval);
    }

    /// <summary>Measurements that were not recorded because <see cref="MeterRecordingOptions.MaximumSeries"/> was reached.</summary>
    public long SkippedMeasurements => _table.Skipped;

    /// <summary>Logs what was measured since the last tick, and stops.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        TryTick();
        lock (_gate)
        {
            _isStopped = true;
        }

        _listener.Dispose();
    }

    private void Listen<T>(Func<T, double> convert)
        where T : struct =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, state) => ((RecordedInstrument)state!).Measure(convert(value), tags));

    /// <summary>Never throws: on the timer that would end the process, and at the end of the run hide how it ended.</summary>
    private void TryTick()
    {
        lock (_gate)
        {
            try
            {
                if (!_isStopped)
                {
                    Tick();
                }
            }
            catch (RunEndedException)
            {
                // It ended while the timer was on its way.
            }
            catch (Exception exception)
            {
                _telemetry.RecordingFailed();
                if (!_hasTickFailed)
                {
                    _hasTickFailed = true;
                    _logger.TickFailed(exception, _meter, _run.Id);
                }
            }
        }
    }

    private void Tick()
    {
        Observe();
        DateTimeOffset now = _time.GetUtcNow();
        _tick++;
        foreach (RecordedSeries series in _table.ToArray())
        {
            series.Log(_run, _tick, now);
        }
    }

    private void Observe()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (Exception exception)
        {
            // An instrument of the user's; the others have been asked all the same.
            if (!_hasFailed)
            {
                _hasFailed = true;
                _logger.ObservationFailed(_meter, _run.Id, (exception as AggregateException)?.InnerException?.GetType() ?? exception.GetType());
            }
        }
    }
}
